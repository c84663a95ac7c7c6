import { type SignedRecord, type Zone, type ZoneId, diffZones, printZoneDiff, zoneOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import { type PublishConflict, PublishConflictError } from '../errors.ts'

/** The error that says all of a conflict; the diff is made of the records. */
export function conflictOf(
  conflict: Omit<PublishConflict, 'diff'>,
  options?: ErrorOptions,
): PublishConflictError {
  const { zoneId, base, theirs } = conflict
  return new PublishConflictError(
    { ...conflict, diff: diffOf(zoneId, zoneIn(base), zoneIn(theirs)) },
    options,
  )
}

export function diffOf(zoneId: ZoneId, before: Zone | undefined, after: Zone | undefined): string[] {
  return printZoneDiff(diffZones(before, after), zoneId)
}

/** The zone in a record, undefined where it has none, and where the disk damaged it since it was verified. */
export function zoneIn(record: SignedRecord | undefined): Zone | undefined {
  try {
    return record && zoneOf(record)
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}
