import { type SignedRecord, type Zone, diffZones, printZoneDiff, zoneIn } from '@signpost/core'
import { ZoneLossError } from '../errors.ts'

/** A version may take away this part of the RRsets of the one that it replaces; more is refused unless it is forced. */
const MOST_LOST = 0.5

/**
 * The refusal of a version that takes away more than half of the RRsets (owner name and type) of the one that it
 * replaces, undefined where it does not. What is changed is not lost, and what is added makes up for nothing: a file
 * that was published under the wrong key adds as much as it takes away. The rule is the same for small zones, so the
 * only RRset of a zone does not go without force, and one of two does.
 */
export function lossOf(
  replaced: SignedRecord | undefined,
  content: Zone | 'retired',
): ZoneLossError | undefined {
  const before = zoneIn(replaced)
  if (before === undefined || replaced === undefined) return undefined
  const changes = diffZones(before, content === 'retired' ? undefined : content)
  const lost = changes.filter(({ after }) => after === undefined).length
  const of = before.sets.length
  if (lost <= of * MOST_LOST) return undefined
  const { zoneId, sequence } = replaced
  return new ZoneLossError(zoneId, { sequence, lost, of, diff: printZoneDiff(changes, zoneId) })
}
