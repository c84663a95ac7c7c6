import { type SignedRecord, compareRecords, descentOf } from '@signpost/core'
import type { PastRecord } from './client.ts'
import type { ResolveOutcome } from '../resolve/resolver.ts'

/** What is known to stand of a zone. */
export interface Standing {
  /** Undefined where there is none, or where only its sequence is known. */
  readonly record: SignedRecord | undefined
  /** The highest sequence known of, 0 for none. */
  readonly floor: number
}

/** Whether the record that a change was made from stands, or another one does. */
export type BaseVerdict =
  | { readonly kind: 'stands' }
  | {
      readonly kind: 'replaced'
      /** Undefined where there was none, or where only its sequence is known. */
      readonly base: SignedRecord | undefined
      /** Its sequence, 0 for none. */
      readonly expected: number
    }

/** @param seen a sequence that is known of by other ways, 0 for none. */
export function standingOf(outcome: ResolveOutcome, past: readonly PastRecord[], seen: number): Standing {
  if (outcome.kind === 'found' || outcome.kind === 'expired')
    return { record: outcome.record, floor: outcome.record.sequence }
  // A record that is damaged where records are kept may be whole in the history.
  const last = past.at(-1)?.record
  const isLast = last !== undefined && last.sequence >= seen
  return isLast ? { record: last, floor: last.sequence } : { record: undefined, floor: seen }
}

/**
 * Compares by the signed data, which is what `_prev` names: one sequence may have two records.
 * @param wanted the record that the change was made from, or its sequence, 0 for none. Where absent it is the last
 * record that was published here, and where nothing ever was, whatever stands: an owner who lost everything but the
 * key is not locked out.
 * @param past what this node had before it looked at the network.
 */
export function compareWithBase(
  wanted: SignedRecord | number | undefined,
  past: readonly PastRecord[],
  standing: Standing,
): BaseVerdict {
  if (typeof wanted === 'number') {
    const base = past.find(({ record }) => record.sequence === wanted)?.record
    const stands = wanted === standing.floor && (base === undefined || isStanding(base, standing))
    return stands ? { kind: 'stands' } : { kind: 'replaced', base, expected: wanted }
  }
  if (wanted !== undefined) return isStanding(wanted, standing) ? { kind: 'stands' } : replaced(wanted)
  if (past.length === 0) return { kind: 'stands' }
  const last = past.findLast(({ publishedHere }) => publishedHere)?.record
  if (last !== undefined && isStanding(last, standing)) return { kind: 'stands' }
  return replaced(newestAncestor(standing.record, past))
}

/** The newest record published here that is not known to have lost against `record`. */
export function newestAncestor(
  record: SignedRecord | undefined,
  past: readonly PastRecord[],
): SignedRecord | undefined {
  const known = past.map(({ record }) => record)
  return past.findLast(
    ({ publishedHere, record: ours }) =>
      publishedHere && (record === undefined || descentOf(record, ours, known) !== 'forked'),
  )?.record
}

function isStanding(record: SignedRecord, standing: Standing): boolean {
  if (standing.record === undefined) return record.sequence >= standing.floor
  return compareRecords(record, standing.record) === 0
}

function replaced(base: SignedRecord | undefined): BaseVerdict {
  return { kind: 'replaced', base, expected: base?.sequence ?? 0 }
}
