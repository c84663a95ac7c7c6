import { type SignedRecord, type Zone, compareRecords, descentOf } from '@signpost/core'
import type { PastRecord } from './client.ts'
import type { ResolveOutcome } from '../resolve/resolver.ts'
import { zoneIn } from './zone-in.ts'

/** What is known to stand of a zone. */
export interface Standing {
  /** Undefined where there is none, or where only its sequence is known. */
  readonly record: SignedRecord | undefined
  /** The highest sequence known of, 0 for none. */
  readonly floor: number
}

/** What a change was made from. */
export interface Base {
  /** Undefined where there was none, or where only its sequence is known. */
  readonly record: SignedRecord | undefined
  /** Its sequence, 0 for none. */
  readonly sequence: number
  /** The zone as its publisher had written it, undefined where that is not at hand. */
  readonly zone: Zone | undefined
}

/** Whether what a change was made from stands, or something else does. */
export interface BaseVerdict {
  readonly stands: boolean
  readonly base: Base
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
    const record = past.find(({ record }) => record.sequence === wanted)?.record
    if (wanted === standing.floor && (record === undefined || isStanding(record, standing)))
      return { stands: true, base: standingBase(standing) }
    return { stands: false, base: { record, sequence: wanted, zone: zoneIn(record) } }
  }
  if (wanted !== undefined) return { stands: isStanding(wanted, standing), base: baseOf({ record: wanted }) }
  if (past.length === 0) return { stands: true, base: standingBase(standing) }
  const last = past.findLast(({ publishedHere }) => publishedHere)
  // A rebase has changes in it that its publisher may not have in the zone file.
  if (last !== undefined && isStanding(last.record, standing))
    return { stands: last.draft === undefined, base: baseOf(last) }
  return { stands: false, base: baseOf(newestAncestor(standing.record, past)) }
}

/**
 * The version to measure a change from when it is applied to `theirs`: the base, unless that has lost against it, or
 * what the base changed would be missing.
 */
export function commonBase(base: Base, theirs: SignedRecord | undefined, past: readonly PastRecord[]): Base {
  if (base.record === undefined || theirs === undefined) return base
  const known = past.map(({ record }) => record)
  return descentOf(theirs, base.record, known) === 'forked' ? baseOf(newestAncestor(theirs, past)) : base
}

/** What a record of ours was made from, as far as that has not lost against `theirs` as well. */
export function baseBefore(ours: SignedRecord, theirs: SignedRecord, past: readonly PastRecord[]): Base {
  const earlier = past.filter(({ record }) => record.sequence < ours.sequence)
  return baseOf(newestAncestor(theirs, earlier))
}

/** The newest record published here that is not known to have lost against `record`. */
function newestAncestor(
  record: SignedRecord | undefined,
  past: readonly PastRecord[],
): PastRecord | undefined {
  const known = past.map(({ record }) => record)
  return past.findLast(
    ({ publishedHere, record: ours }) =>
      publishedHere && (record === undefined || descentOf(record, ours, known) !== 'forked'),
  )
}

/** What stands as the base of what was made from it. */
function standingBase({ record, floor }: Standing): Base {
  return { record, sequence: floor, zone: zoneIn(record) }
}

function baseOf(past: Pick<PastRecord, 'record' | 'draft'> | undefined): Base {
  const record = past?.record
  return { record, sequence: record?.sequence ?? 0, zone: past?.draft ?? zoneIn(record) }
}

/** Whether a record is what stands; where that is known by its sequence alone, whether it may be. */
export function isStanding(record: SignedRecord, standing: Standing): boolean {
  if (standing.record === undefined) return record.sequence >= standing.floor
  return compareRecords(record, standing.record) === 0
}
