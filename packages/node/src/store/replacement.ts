import { type SignedRecord, compareRecords, isEquivocation } from '@signpost/core'
import type { StorePutOptions, StoredRecord } from './store.ts'

/** What becomes of a verified record that comes to a store. */
export interface Replacement {
  readonly kind: 'replace' | 'confirm' | 'refuse'
  /** The same key signed the held record, which differs, for the same sequence. */
  readonly equivocation: boolean
}

/**
 * The rule that an older version never replaces a newer one.
 * @param floor the highest sequence ever seen of the zone. It outlives the record, so that a store which no longer
 * has the record still knows what is too old.
 * @param strict the record is a new one of our own: with the sequence of another it must not win even a tie.
 */
export function judgeReplacement(
  incoming: SignedRecord,
  current: SignedRecord | undefined,
  floor: number | undefined,
  strict = false,
): Replacement {
  const tooOld = incoming.sequence < (floor ?? 0)
  if (current === undefined) {
    // The record that had the floor's sequence is lost: a new one of our own may not take its number.
    const taken = strict && incoming.sequence === floor
    return { kind: tooOld || taken ? 'refuse' : 'replace', equivocation: false }
  }
  const order = compareRecords(incoming, current)
  if (order === 0) return { kind: 'confirm', equivocation: false }
  const equivocation = isEquivocation(incoming, current)
  const wins = order > 0 && !tooOld && !(strict && equivocation)
  return { kind: wins ? 'replace' : 'refuse', equivocation }
}

/** When a record that a store takes, or has, was last confirmed. See `UnaskedPut`. */
export function confirmationOf(
  kind: 'replace' | 'confirm',
  current: StoredRecord | undefined,
  { confirmedAt }: StorePutOptions,
): number | undefined {
  const before = current?.confirmedAt
  if (confirmedAt === undefined) return before
  return kind === 'confirm' ? Math.max(before ?? 0, confirmedAt) : confirmedAt
}
