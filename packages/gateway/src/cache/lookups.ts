import { FairShares } from '../abuse/fair-shares.ts'
import { clientGroups } from '../abuse/groups.ts'
import type { Awaitable, Resolve } from '../handler.ts'
import type { Limits } from '../limits.ts'
import { type Outcome, isFailure, isFound, isStandIn } from '../outcome.ts'
import type { Query } from '../query.ts'
import type { AnswerCache, Generation } from './answer-cache.ts'
import { type Entry, isPaused, isRefresh, staleOutcome, standInFor } from './entry.ts'

export type LookupLimits = Pick<
  Limits,
  'staleWait' | 'recheckPace' | 'staleKept' | 'refreshes' | 'coalescedQueries' | 'furtherNames'
>

export interface LookupParts {
  readonly cache: AnswerCache
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: LookupLimits
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

interface Shared {
  readonly since: Generation
  readonly outcome: Promise<Outcome>
}

interface Refresh {
  /** What came of it while clients waited; undefined where that is nothing new, or they have waited long enough. */
  readonly inTime: Promise<Outcome | undefined>
  isLate: boolean
}

const TOO_MANY: Outcome = {
  kind: 'overloaded',
  text: 'too many questions wait already; ask again in a moment',
}

/**
 * Looks up what the cache does not know, once for all who ask for it at the same time, and refreshes what it knows.
 */
export class Lookups {
  private readonly parts: LookupParts
  private readonly shared = new Map<string, Shared>()
  private readonly refreshes = new Map<string, Refresh>()
  private readonly waiting: FairShares

  constructor(parts: LookupParts) {
    this.parts = parts
    this.waiting = new FairShares(parts.limits.coalescedQueries)
  }

  /** For a question of which nothing is known. */
  answer(key: string, query: Query, next: Resolve): Awaitable<Outcome> {
    // Names behind an alias do not wait for others: two aliases that lead to each other would wait for ever. And a
    // client that wants no recursion gets an outcome of its own.
    if (query.trail.length > 0 || !query.message.recursionDesired) return this.lookUp(key, query, next)
    const { cache } = this.parts
    const same = this.shared.get(key)
    if (same !== undefined && same.since === cache.generation) return this.join(same, key, query, next)
    const since = cache.generation
    const outcome = this.lookUp(key, query, next)
    if (!(outcome instanceof Promise)) return outcome
    const shared = { since, outcome }
    this.shared.set(key, shared)
    return outcome.finally(() => {
      if (this.shared.get(key) === shared) this.shared.delete(key)
    })
  }

  /** For a question of which nothing is known yet: what is on its way back may have the answer. */
  answerOnceRestored(
    restored: Promise<void>,
    query: Query,
    again: () => Awaitable<Outcome>,
  ): Awaitable<Outcome> {
    return this.waitFor(restored, query)?.then(again) ?? TOO_MANY
  }

  /** For a question whose answer is old: a newer one where it comes in time. */
  answerOrStale(key: string, entry: Entry, query: Query, next: Resolve): Awaitable<Outcome> {
    const { cache, now, limits } = this.parts
    const stale = (): Outcome => {
      cache.countStale()
      return staleOutcome(entry)
    }
    const instead = standInFor(entry, now())
    if (instead !== undefined) return instead
    if (isPaused(entry, now(), limits)) return stale()
    const refresh = this.refresh(key, query, next)
    if (refresh === undefined || refresh.isLate) return stale()
    // Whoever has something to say makes nobody wait in a crowd.
    const newer = this.waitFor(refresh.inTime, query)
    return newer?.then(outcome => outcome ?? stale()) ?? stale()
  }

  /** Refreshes an answer that is about to expire. */
  prefetch(key: string, entry: Entry, query: Query, next: Resolve): void {
    const { cache, now, limits } = this.parts
    if (this.refreshes.has(key) || isPaused(entry, now(), limits)) return
    if (this.refresh(key, query, next) !== undefined) cache.countPrefetch()
  }

  private lookUp(key: string, query: Query, next: Resolve): Awaitable<Outcome> {
    const { cache, now } = this.parts
    const since = cache.generation
    const keep = (outcome: Outcome): Outcome => {
      // Behind an alias a failure may come from the chain, which says nothing about the name alone.
      if (query.trail.length === 0 || !isFailure(outcome)) cache.store(key, outcome, now(), since)
      return outcome
    }
    const outcome = next(query)
    return outcome instanceof Promise ? outcome.then(keep) : keep(outcome)
  }

  private async join({ outcome }: Shared, key: string, query: Query, next: Resolve): Promise<Outcome> {
    const theirs = await this.waitFor(outcome, query)
    if (theirs === undefined) return TOO_MANY
    return isForEverybody(theirs) ? theirs : this.lookUp(key, query, next)
  }

  /** Undefined where too many wait already, in all or of this client. */
  private waitFor<T>(wait: Promise<T>, query: Query): Promise<T> | undefined {
    const groups = clientGroups(query)
    if (this.waiting.take(groups) !== undefined) return undefined
    return wait.finally(() => {
      this.waiting.giveBack(groups)
    })
  }

  /** The refresh that is under way, or one that begins now; undefined where too many are. */
  private refresh(key: string, query: Query, next: Resolve): Refresh | undefined {
    const { limits, signal } = this.parts
    const same = this.refreshes.get(key)
    if (same !== undefined) return same
    if (this.refreshes.size >= limits.refreshes) return undefined
    // A question of its own, so that neither the names that led to it nor the client's patience bound it.
    const own: Query = { ...query, trail: [], budget: { left: limits.furtherNames }, signal }
    const newer = this.askForNewer(key, own, next)
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<undefined>(resolve => {
      timer = setTimeout(() => {
        refresh.isLate = true
        resolve(undefined)
      }, limits.staleWait)
    })
    const inTime = Promise.race([newer, tooLong]).finally(() => {
      clearTimeout(timer)
    })
    const refresh: Refresh = { inTime, isLate: false }
    this.refreshes.set(key, refresh)
    // Only now: it may be over already.
    void newer.finally(() => this.refreshes.delete(key))
    return refresh
  }

  private async askForNewer(key: string, query: Query, next: Resolve): Promise<Outcome | undefined> {
    const { cache, now, onError } = this.parts
    const since = cache.generation
    try {
      const outcome = await next(query)
      // Whoever stands in for the upstreams knows better what is still true than what is kept here does.
      if (isStandIn(outcome)) {
        cache.noteStandIn(key, outcome, now())
        return outcome
      }
      if (isRefresh(outcome)) {
        cache.store(key, outcome, now(), since)
        return outcome
      }
      // Where this gateway had no time for it, the upstreams have not failed.
      if (isFailure(outcome) && outcome.kind !== 'overloaded') cache.noteFailure(key, now(), since)
      return undefined
    } catch (error) {
      onError(error)
      return undefined
    }
  }
}

/** False where an outcome is a matter between the gateway and one client. */
function isForEverybody(outcome: Outcome): boolean {
  if (isFound(outcome)) return outcome.partial === undefined
  return isFailure(outcome) && outcome.kind !== 'overloaded'
}
