import type { SignedRecord } from '@signpost/core'

const DAY = 86_400_000

/**
 * Milliseconds for which a floor outlives the last record of its zone that was ever here. As long as a signature is
 * good by default (`VALID_FOR`): what the owner signed that way before the last one is over by then as well, also
 * where it never came here.
 */
export const FLOOR_MEMORY: number = 30 * DAY

/** Milliseconds from its receipt up to which a record's validity is counted: keys that sign for a thousand years are free. */
export const LONGEST_VALIDITY: number = 366 * DAY

/** Floors for each record that may be kept. Past it the ones go whose records are over first. */
export const FLOORS_PER_RECORD = 10

/**
 * The time up to which any record of a zone that was ever here can be valid: a floor may be forgotten only after it,
 * because until then somebody can bring one of them back.
 * @param before the zone's horizon so far.
 */
export function horizonOf(
  before: number | undefined,
  record: Pick<SignedRecord, 'expiresAt'>,
  now: number,
): number {
  return Math.max(before ?? 0, Math.min(record.expiresAt, now + LONGEST_VALIDITY))
}

/** Whether nothing that was here can be valid any more, and nothing that the owner replaced by it either. */
export function isForgettable(horizon: number, now: number): boolean {
  return horizon + FLOOR_MEMORY < now
}

/**
 * The horizon up to which floors go where there are too many, 0 where there are not.
 * @param horizons of all floors that may go: nobody needs their zones, and their records are gone.
 */
export function horizonToForget(horizons: readonly number[], excess: number): number {
  if (excess <= 0) return 0
  return Float64Array.from(horizons).sort()[Math.min(excess, horizons.length) - 1] ?? 0
}
