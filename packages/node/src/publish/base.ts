import { type SignedRecord, type Zone, compareRecords, descentOf, zoneIn } from '@signpost/core'
import type { PastRecord } from './client.ts'
import type { ResolveOutcome } from '../resolve/resolver.ts'

/** What is known to stand of a zone. */
export interface Standing {
  /** Undefined where there is none, or where only its sequence is known. */
  readonly record: SignedRecord | undefined
  /** The highest sequence known of, 0 for none. */
  readonly floor: number
}

/** What a change was made from. */
export interface Base {
  /** Undefined where there was none, or where it is not at hand. */
  readonly record: SignedRecord | undefined
  /** Its sequence, 0 for none. */
  readonly sequence: number
  /** The zone as its publisher had written it, undefined where there was none, or where that is not at hand. */
  readonly zone: Zone | undefined
  /** Why nobody can tell from it what was changed, where that is so. */
  readonly gap?: string
}

/** Whether what a change was made from stands, or something else does. */
export interface BaseVerdict {
  readonly stands: boolean
  readonly base: Base
}

const NOTHING: Base = { record: undefined, sequence: 0, zone: undefined }

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
 * @param wanted the record that the change was made from, or its sequence, 0 for none, or `'standing'` for whatever
 * stands. Where absent it is the last record that was published here.
 * @param past what this node had when the change was given to it, before it looked at the network.
 */
export function compareWithBase(
  wanted: SignedRecord | number | 'standing' | undefined,
  past: readonly PastRecord[],
  standing: Standing,
): BaseVerdict {
  if (wanted === 'standing') return { stands: true, base: standingBase(standing) }
  if (typeof wanted === 'number') {
    const entry = past.find(({ record }) => record.sequence === wanted)
    if (wanted === standing.floor && (entry === undefined || isStanding(entry.record, standing)))
      return { stands: true, base: standingBase(standing) }
    return {
      stands: false,
      base: entry === undefined ? baseBySequence(wanted) : baseOf({ record: entry.record }),
    }
  }
  if (wanted !== undefined) return { stands: isStanding(wanted, standing), base: baseOf({ record: wanted }) }
  const last = past.findLast(({ publishedHere }) => publishedHere)
  if (last === undefined) return firstHere(standing)
  // A rebase has changes in it that its publisher may not have in the zone file.
  if (isStanding(last.record, standing)) return { stands: last.draft === undefined, base: baseOf(last) }
  return { stands: false, base: ancestorOf(standing.record, past) }
}

/**
 * The version to measure a change from when it is applied to `theirs`: the base, unless that has lost against it, or
 * what the base changed would be missing.
 */
export function commonBase(base: Base, theirs: SignedRecord | undefined, past: readonly PastRecord[]): Base {
  const { record } = base
  if (record === undefined || theirs === undefined) return base
  const entry = past.find(one => one.publishedHere && compareRecords(one.record, record) === 0)
  switch (descentOf(theirs, record, recordsOf(past))) {
    case 'descends':
      return base
    case 'forked':
      return ancestorOf(theirs, past)
    case 'unknown':
      return entry === undefined || entry.stood ? base : { ...base, gap: notBuiltUpon(record, theirs) }
  }
}

/** What a record of ours was made from, as far as that has not lost against `theirs` as well. */
export function baseBefore(ours: SignedRecord, theirs: SignedRecord, past: readonly PastRecord[]): Base {
  return ancestorOf(
    theirs,
    past.filter(({ record }) => record.sequence < ours.sequence),
  )
}

/** The newest record published here that `theirs` builds on, for all that is known. */
function ancestorOf(theirs: SignedRecord | undefined, past: readonly PastRecord[]): Base {
  const ours = past.filter(({ publishedHere }) => publishedHere)
  for (const entry of ours.toReversed()) {
    const descent = theirs === undefined ? 'unknown' : descentOf(theirs, entry.record, recordsOf(past))
    if (descent === 'forked') continue
    if (descent === 'descends' || entry.stood || theirs === undefined) return baseOf(entry)
    return { ...baseOf(entry), gap: notBuiltUpon(entry.record, theirs) }
  }
  // All of ours have lost. The first of them was made from nothing, or from a version that is not in this history.
  const first = ours[0]?.record
  return first === undefined || first.previous === undefined ? NOTHING : { ...NOTHING, gap: NO_ANCESTOR }
}

/** Nothing of the zone was published from here before: nobody can tell what the content was made from. */
function firstHere(standing: Standing): BaseVerdict {
  // A name that had no zone yet, such as one that IPFS programs published, has none that could be undone.
  const hasNone = standing.record?.content.kind === 'none'
  if (hasNone || standing.floor === 0) return { stands: true, base: standingBase(standing) }
  return { stands: false, base: { ...NOTHING, gap: FIRST_HERE } }
}

const FIRST_HERE = 'nothing of it was published from this data directory before'
const NO_ANCESTOR = 'no version that both build on is on this disk'

function notBuiltUpon({ sequence }: SignedRecord, theirs: SignedRecord): string {
  return `it cannot be told whether sequence ${theirs.sequence} builds on sequence ${sequence}, which no peer ever gave back`
}

/** What stands as the base of what was made from it. */
function standingBase({ record, floor }: Standing): Base {
  return record === undefined ? baseBySequence(floor) : baseOf({ record })
}

function baseBySequence(sequence: number): Base {
  return sequence === 0 ? NOTHING : { ...NOTHING, sequence, gap: `sequence ${sequence} is not on this disk` }
}

function baseOf({ record, draft }: Pick<PastRecord, 'record' | 'draft'>): Base {
  const { sequence } = record
  const zone = draft ?? zoneIn(record)
  const isDamaged = zone === undefined && record.content.kind === 'zone'
  return { record, sequence, zone, ...(isDamaged && { gap: `sequence ${sequence} is damaged on this disk` }) }
}

/** Whether a record is what stands; where that is known by its sequence alone, whether it may be. */
export function isStanding(record: SignedRecord, standing: Standing): boolean {
  if (standing.record === undefined) return record.sequence >= standing.floor
  return compareRecords(record, standing.record) === 0
}

function recordsOf(past: readonly PastRecord[]): SignedRecord[] {
  return past.map(({ record }) => record)
}
