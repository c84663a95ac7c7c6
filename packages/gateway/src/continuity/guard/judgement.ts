import { type Found, type Outcome, isFound } from '../../outcome.ts'
import { isOrdinary } from './ordinary.ts'
import type { Trouble } from '../trouble.ts'
import { leadsAstray } from './global-address.ts'

/** A point in time by two clocks. */
export interface Moment {
  /** Milliseconds of a clock that never goes back and knows no other time than that in which this process ran. */
  readonly steady: number
  /** Milliseconds since the epoch, for people. */
  readonly time: number
}

/** What is held against an answer that is not believed. */
export interface Doubt {
  readonly trouble: Exclude<Trouble, 'late'>
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Milliseconds for which it was seen to stand; 0 for a failure, which never becomes believed. */
  readonly standing: number
  /** When it was seen last, by the steady clock. */
  readonly seenAt: number
}

/** What is known where an outcome of ordinary DNS comes in. */
export interface Case {
  readonly lastGood: Found | undefined
  readonly came: Outcome
  readonly doubt: Doubt | undefined
  readonly now: Moment
  /** Milliseconds for which a denial must have been seen to stand. */
  readonly patience: number
}

export type Judgement =
  /** What came is true, or there is nothing better. It ends the doubt. */
  | { readonly kind: 'believe' }
  /** What came is not given out, and the doubt is this one from now on. */
  | { readonly kind: 'doubt'; readonly doubt: Doubt }
  /** What came has stood for so long that it is true: the last good answer is over. */
  | { readonly kind: 'accept' }
  /** What came says nothing about the name in ordinary DNS. All stays as it is. */
  | { readonly kind: 'pass' }

/**
 * Milliseconds that the time between two looks counts at most, so that a machine that slept through an outage, or whose
 * upstreams were away, does not wake up believing.
 */
export const LONGEST_GAP = 900_000

/** Decides whether an outcome of ordinary DNS is believed for a guarded question. */
export function judge({ lastGood, came, doubt, now, patience }: Case): Judgement {
  const said = whatCame(came, lastGood)
  if (said === 'nothing') return { kind: 'pass' }
  if (said === 'good' || lastGood === undefined) return { kind: 'believe' }
  if (said === 'failed') return { kind: 'doubt', doubt: doubt ?? begun(said, now) }
  if (doubt === undefined || groupOf(doubt.trouble) !== groupOf(said))
    return settle(begun(said, now), patience)
  const gap = Math.min(Math.max(0, now.steady - doubt.seenAt), LONGEST_GAP)
  const standing = doubt.standing + gap
  return settle({ ...doubt, trouble: said, standing, seenAt: now.steady }, patience)
}

function settle(doubt: Doubt, patience: number): Judgement {
  return doubt.standing >= patience ? { kind: 'accept' } : { kind: 'doubt', doubt }
}

function begun(trouble: Doubt['trouble'], now: Moment): Doubt {
  return { trouble, since: now.time, standing: 0, seenAt: now.steady }
}

/** Denials of both kinds are one thing that stands: writers that race each other change between them. */
function groupOf(trouble: Doubt['trouble']): 'failed' | 'denied' | 'bogus' {
  return trouble === 'no-name' || trouble === 'no-data' ? 'denied' : trouble
}

/** What an outcome is to a question that may have a good answer: see {@link Trouble}. */
export type Said = 'good' | 'nothing' | Doubt['trouble']

export function whatCame(came: Outcome, lastGood: Found | undefined): Said {
  if (isFound(came)) {
    if (!isOrdinary(came)) return 'nothing'
    if (came.kind !== 'answer') return came.kind
    return lastGood !== undefined && leadsAstray(came.answers, lastGood.answers) ? 'bogus' : 'good'
  }
  return FAILURES.has(came.kind) ? 'failed' : 'nothing'
}

/** Everything that stands between the question and an answer of ordinary DNS, a flood of other questions included. */
const FAILURES: ReadonlySet<Outcome['kind']> = new Set([
  'upstream-failed',
  'too-slow',
  'loop',
  'too-long',
  'overloaded',
])
