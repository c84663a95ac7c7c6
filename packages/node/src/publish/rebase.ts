import {
  type SignRequest,
  type SignedRecord,
  type Zone,
  apexOf,
  mergeZones,
  relativeName,
} from '@signpost/core'
import { printRrType } from '@signpost/dns'
import { zoneIn } from './conflict.ts'

export type Rebased =
  | { readonly kind: 'rebased'; readonly zone: Zone }
  | { readonly kind: 'conflict'; readonly obstacles: readonly string[] }

/** Applies to `theirs` what turns `base` into `ours`. @throws EmptyZoneError where nothing is left. */
export function rebase(
  base: SignedRecord | undefined,
  ours: SignRequest['content'],
  theirs: SignedRecord | undefined,
): Rebased {
  if (ours === 'retired') return conflict('a retirement is made for one version')
  if (theirs === undefined) return conflict('its record is not at hand')
  const zone = zoneIn(theirs)
  if (zone === undefined)
    return conflict(theirs.content.kind === 'retired' ? 'the zone was retired' : 'it has no zone')
  const merge = mergeZones(zoneIn(base), ours, zone)
  if (merge.kind === 'merged') return { kind: 'rebased', zone: merge.zone }
  return conflict(
    ...merge.problems.map(
      ({ name, type, message }) =>
        `${relativeName(name, apexOf(theirs.zoneId))} ${printRrType(type)}: ${message}`,
    ),
  )
}

function conflict(...obstacles: readonly string[]): Rebased {
  return { kind: 'conflict', obstacles }
}
