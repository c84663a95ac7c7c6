import {
  type SignRequest,
  type SignedRecord,
  type Zone,
  apexOf,
  mergeZones,
  relativeName,
  zoneIn,
} from '@signpost/core'
import { SignpostError, printRrType } from '@signpost/dns'

export type Rebased =
  | { readonly kind: 'rebased'; readonly zone: Zone }
  | { readonly kind: 'conflict'; readonly obstacles: readonly string[] }

/** Applies to `theirs` what turns `base` into `ours`. */
export function rebase(
  base: Zone | undefined,
  ours: SignRequest['content'],
  theirs: SignedRecord | undefined,
): Rebased {
  if (ours === 'retired') return conflict('a retirement is made for one version')
  if (theirs === undefined) return conflict('its record is not at hand')
  const zone = zoneIn(theirs)
  if (zone === undefined)
    return conflict(theirs.content.kind === 'retired' ? 'the zone was retired' : 'it has no zone')
  try {
    const merge = mergeZones(base, ours, zone)
    if (merge.kind === 'merged') return { kind: 'rebased', zone: merge.zone }
    const apex = apexOf(theirs.zoneId)
    return conflict(
      ...merge.problems.map(
        ({ name, type, message }) => `${relativeName(name, apex)} ${printRrType(type)}: ${message}`,
      ),
    )
  } catch (error) {
    if (error instanceof SignpostError && error.code === 'EMPTY_ZONE')
      return conflict('together, both changes leave no record in it')
    throw error
  }
}

function conflict(...obstacles: readonly string[]): Rebased {
  return { kind: 'conflict', obstacles }
}
