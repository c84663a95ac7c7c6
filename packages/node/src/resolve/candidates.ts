import { type SignedRecord, type Verdict, compareRecords } from '@signpost/core'
import type { SignpostError } from '@signpost/dns'

/** What a peer's octets are worth to a node that has seen the zone's floor. */
export type Judgement =
  | { readonly kind: 'usable'; readonly record: SignedRecord }
  | { readonly kind: 'expired'; readonly record: SignedRecord }
  | { readonly kind: 'older'; readonly record: SignedRecord }
  | { readonly kind: 'invalid'; readonly error: SignpostError }

/** @param floor the highest sequence ever seen of the zone. */
export function judgeCandidate(verdict: Verdict, floor: number | undefined): Judgement {
  if (verdict.kind === 'invalid') return { kind: 'invalid', error: verdict.error }
  const { record } = verdict
  if (record.sequence < (floor ?? 0)) return { kind: 'older', record }
  return { kind: verdict.kind === 'valid' ? 'usable' : 'expired', record }
}

/**
 * The record that wins, out of authentic ones, or undefined where all are below the floor. One whose validity is
 * over takes part: its owner did sign it, so what it replaced must not come back for it.
 */
export function chooseRecord(
  candidates: Iterable<SignedRecord>,
  floor: number | undefined,
): SignedRecord | undefined {
  let best: SignedRecord | undefined
  for (const candidate of candidates) {
    if (candidate.sequence < (floor ?? 0)) continue
    if (best === undefined || compareRecords(candidate, best) > 0) best = candidate
  }
  return best
}
