import { RecentMap } from '../abuse/recent-map.ts'
import type { AnswerCache } from '../cache/answer-cache.ts'
import { isRefresh } from '../cache/entry.ts'
import { cacheKey } from '../cache/key.ts'
import type { Continuity } from '../continuity/continuity.ts'
import type { Settled } from '../continuity/guard/guarding.ts'
import type { Trouble } from '../continuity/trouble.ts'
import { within } from '../continuity/within.ts'
import type { Awaitable, Handler, Resolve } from '../handler.ts'
import type { Limits } from '../limits.ts'
import type { Found, Outcome } from '../outcome.ts'
import type { Query } from '../query.ts'

export interface ContinuityHandlerParts {
  readonly continuity: Continuity
  readonly cache: Pick<AnswerCache, 'generation' | 'store'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: Pick<Limits, 'staleWait' | 'recheckPace'>
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Questions that are remembered for having had no answer of ordinary DNS lately. */
const TROUBLED = 4096

interface Pause {
  readonly trouble: Trouble
  readonly from: number
}

/**
 * Answers for ordinary names where ordinary DNS fails, or says what is not believed. Once it has done so for a question,
 * others who ask it are not made to wait, and the upstreams are left alone for a while (RFC 8767, section 5).
 */
export function keepContinuity(parts: ContinuityHandlerParts): Handler {
  const { continuity } = parts
  const pauses = new RecentMap<Pause>(TROUBLED)
  return (query, next) => {
    // A client that wants no recursion gets what is known, and that is the cache's.
    if (!query.message.recursionDesired || !continuity.concerns(query.question)) return next(query)
    const asking = new Asking(parts, pauses, query, next)
    const offer = asking.offerAtOnce()
    if (offer === undefined) return asking.ask()
    return offer instanceof Promise ? offer.then(found => found ?? asking.ask()) : offer
  }
}

/** One question on its way to ordinary DNS. */
class Asking {
  private readonly parts: ContinuityHandlerParts
  private readonly pauses: RecentMap<Pause>
  private readonly query: Query
  private readonly next: Resolve
  private readonly key: string

  constructor(parts: ContinuityHandlerParts, pauses: RecentMap<Pause>, query: Query, next: Resolve) {
    this.parts = parts
    this.pauses = pauses
    this.query = query
    this.next = next
    this.key = cacheKey(query)
  }

  /** What there is to say without asking, where asking is known to be of no use. */
  offerAtOnce(): Awaitable<Found | undefined> {
    const { continuity } = this.parts
    const doubt = continuity.doubtFor(this.query.question)
    if (doubt !== undefined) return continuity.offer(this.query, doubt.trouble, doubt.since)
    const trouble = this.pausedFor()
    return trouble && continuity.offer(this.query, trouble)
  }

  ask(): Awaitable<Outcome> {
    const { continuity, cache } = this.parts
    const since = cache.generation
    const outcome = this.next(this.query)
    if (!(outcome instanceof Promise)) return this.conclude(continuity.judge(this.query, outcome), outcome)
    const judged = outcome.then(settled => ({
      outcome: settled,
      verdict: continuity.judge(this.query, settled),
    }))
    return this.inTime(judged, since)
  }

  private async inTime(judged: Promise<Judged>, since: number): Promise<Outcome> {
    const { continuity, limits, onError } = this.parts
    const first = await within(limits.staleWait, judged)
    if (first !== undefined) return this.conclude(first.verdict, first.outcome)
    const offer = await continuity.offer(this.query, 'late')
    if (offer === undefined) {
      const last = await judged
      return this.conclude(last.verdict, last.outcome)
    }
    this.pause('late')
    judged.then(({ verdict }) => this.keepLate(verdict, since)).catch(onError)
    return offer
  }

  private conclude(verdict: Settled, outcome: Outcome): Awaitable<Outcome> {
    if (verdict.kind === 'believed') {
      this.endPause()
      return verdict.outcome
    }
    const { trouble } = verdict
    const give = (offer: Found | undefined): Outcome => {
      if (offer !== undefined) this.noteTrouble(trouble)
      return offer ?? outcome
    }
    const { continuity } = this.parts
    const offer = continuity.offer(this.query, trouble, continuity.doubtFor(this.query.question)?.since)
    return offer instanceof Promise ? offer.then(give) : give(offer)
  }

  /** The client has been answered, so the cache does not hear of it by the way that replies take. */
  private keepLate(verdict: Settled, since: number): void {
    if (verdict.kind !== 'believed') return this.noteTrouble(verdict.trouble)
    const { cache, now } = this.parts
    this.endPause()
    if (isRefresh(verdict.outcome)) cache.store(this.key, verdict.outcome, now(), since)
  }

  private pausedFor(): Trouble | undefined {
    const pause = this.pauses.get(this.key)
    if (pause === undefined) return undefined
    const age = this.parts.now() - pause.from
    return age >= 0 && age < this.parts.limits.recheckPace * 1000 ? pause.trouble : undefined
  }

  /** While it is in doubt about something, the guard knows by itself when the upstreams are asked. */
  private noteTrouble(trouble: Trouble): void {
    if (this.parts.continuity.doubtFor(this.query.question) !== undefined) this.endPause()
    else this.pause(trouble)
  }

  private pause(trouble: Trouble): void {
    this.pauses.add(this.key, { trouble, from: this.parts.now() })
  }

  private endPause(): void {
    if (this.pausedFor() !== undefined) this.pauses.add(this.key, { trouble: 'late', from: -Infinity })
  }
}

interface Judged {
  readonly outcome: Outcome
  readonly verdict: Settled
}
