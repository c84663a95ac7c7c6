import { type SignedRecord, type Verdict, compareRecords } from '@signpost/core'
import type { Reception } from './gossip.ts'

/** What octets from a peer are to a node: `older` is what the owner has replaced, or what lost against its like. */
export type Worth = 'news' | 'known' | 'older' | 'expired' | 'invalid'

/**
 * @param held the record that this node has.
 * @param floor the highest sequence ever seen of the zone.
 */
export function worthOf(verdict: Verdict, held: SignedRecord | undefined, floor: number | undefined): Worth {
  if (verdict.kind !== 'valid') return verdict.kind
  const { record } = verdict
  const order = held === undefined ? 1 : compareRecords(record, held)
  if (order === 0) return 'known'
  return order > 0 && record.sequence >= (floor ?? 0) ? 'news' : 'older'
}

/**
 * What becomes of a message. What stands goes on, once: what came here another way is still new to those who wait for
 * this node to pass it on. What is old may come from anybody who has not heard yet, and what is expired from somebody
 * whose clock is behind; what the owner did not sign, no honest peer passes on.
 * @param passedOn whether this node has passed the record on, or said it.
 */
export function receptionOf(worth: Worth, passedOn: boolean): Reception {
  switch (worth) {
    case 'news':
    case 'known':
      return passedOn ? 'ignore' : 'accept'
    case 'older':
    case 'expired':
      return 'ignore'
    case 'invalid':
      return 'reject'
  }
}
