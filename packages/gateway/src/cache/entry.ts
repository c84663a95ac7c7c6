import { STALE_TTL } from '../answer.ts'
import type { ResourceRecord } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import { type Found, type Outcome, isFound, isStandIn } from '../outcome.ts'

/** Something that is known about a question. Times are milliseconds since the epoch. */
export interface Entry {
  readonly outcome: Outcome
  readonly storedAt: number
  expiresAt: number
  /** Until when it may be given out stale; where it never may, `expiresAt`. */
  readonly endsAt: number
  /** From when on it is refreshed before it expires, where somebody asks for it; never: `Infinity`. */
  readonly prefetchAt: number
  /** Somebody asked for it since it was stored. */
  isAsked: boolean
  /** What was given out last in its place; see {@link standInFor}. */
  standIn: { readonly outcome: Outcome; readonly at: number } | undefined
  /** When a refresh of it failed last; never: `-Infinity`. */
  failedAt: number
}

/** Seconds of TTL from which on a name is worth a refresh ahead; below, it is asked for anew often enough. */
const MIN_PREFETCH_TTL = 10
/** The part of the TTL, its last, in which that happens. */
const PREFETCH_PART = 0.1

type EntryLimits = Pick<Limits, 'staleKept' | 'recheckPace'>

/** @param seconds for which it is kept as fresh, from when it was stored. */
export function entryOf(
  outcome: Outcome,
  seconds: number,
  storedAt: number,
  { staleKept }: EntryLimits,
): Entry {
  const forwarded = isForwarded(outcome)
  const lifetime = seconds * 1000
  const expiresAt = storedAt + lifetime
  return {
    outcome,
    storedAt,
    expiresAt,
    endsAt: forwarded ? expiresAt + staleKept * 1000 : expiresAt,
    prefetchAt: forwarded && seconds >= MIN_PREFETCH_TTL ? expiresAt - lifetime * PREFETCH_PART : Infinity,
    isAsked: false,
    standIn: undefined,
    failedAt: -Infinity,
  }
}

/**
 * A whole answer or denial that is an upstream's word alone. Only such ones are refreshed ahead, given out stale and
 * kept on disk: what zones say is the node's to keep, with its signature, and a failure is nothing to hold on to.
 */
export function isForwarded(outcome: Outcome): outcome is Found {
  return (
    isRefresh(outcome) &&
    outcome.provenance.source === 'upstream' &&
    outcome.provenance.zones.length === 0 &&
    outcome.unproved === undefined
  )
}

/** Takes the place of an older answer (RFC 8767, section 4: NOERROR and NXDOMAIN do). */
export function isRefresh(outcome: Outcome): outcome is Found {
  return isFound(outcome) && !outcome.provenance.stale && outcome.partial === undefined && !isStandIn(outcome)
}

/** Never before it was stored: where the clock went back, nobody knows how old the entry is. */
export function isFresh(entry: Entry, now: number): boolean {
  return now < entry.expiresAt && now >= entry.storedAt
}

/**
 * Fresh, or may be given out stale. So may an entry from the future, however far: machines without a battery for their
 * clock start in another year, and their names are needed to set it.
 */
export function isUsable({ storedAt, expiresAt, endsAt }: Entry, now: number): boolean {
  return now < storedAt ? expiresAt < endsAt : now < endsAt
}

/** RFC 8767, section 5: after a failed refresh, nobody is asked again for a while. */
export function isPaused({ failedAt }: Entry, now: number, { recheckPace }: EntryLimits): boolean {
  return now >= failedAt && now < failedAt + recheckPace * 1000
}

/** Milliseconds for which what stands in for an answer is given out without looking for a better one. */
const STAND_IN_TIME = 1000

/** What is to be given out now in the place of an old answer. */
export function standInFor({ standIn }: Entry, now: number): Outcome | undefined {
  if (standIn === undefined || now < standIn.at || now >= standIn.at + STAND_IN_TIME) return undefined
  return standIn.outcome
}

/** What a fresh entry says, with its age. */
export function freshOutcome({ outcome, storedAt }: Entry, now: number): Outcome {
  if (!isFound(outcome)) return outcome
  return { ...outcome, age: outcome.age + Math.floor((now - storedAt) / 1000) }
}

/** What an entry says that is not fresh (RFC 8767, section 4). */
export function staleOutcome({ outcome }: Entry): Outcome {
  if (!isFound(outcome)) return outcome
  return {
    ...outcome,
    answers: outcome.answers.map(withStaleTtl),
    authorities: outcome.authorities.map(withStaleTtl),
    provenance: { ...outcome.provenance, stale: true },
    age: 0,
  }
}

function withStaleTtl(record: ResourceRecord): ResourceRecord {
  return { ...record, ttl: STALE_TTL }
}
