import type { ZoneId } from '@signpost/core'
import type { Name } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import type { Origin } from '../upstream/origin.ts'
import { type Outcome, isFailure, isFound, isStandIn } from '../outcome.ts'
import { BoundedMap } from './bounded-map.ts'
import { costOf } from './cost.ts'
import { type Entry, entryOf, isForwarded, isFresh, isUsable } from './entry.ts'
import { questionOfKey } from './key.ts'
import { type LifetimeLimits, isNews, lifetimeOf } from './lifetime.ts'

/**
 * What answers, denials and failures may take each, as parts of the whole: floods of random names make denials, and
 * silent servers make failures, and neither shall push out what people ask for.
 */
const SHARES = [1, 1 / 4, 1 / 16] as const

export interface CacheStats {
  /** Questions whose answer was at hand. */
  readonly hits: number
  /** All others. */
  readonly misses: number
  /** Those of them that were given an answer past its TTL. */
  readonly stale: number
  /** Refreshes of answers that were about to expire. */
  readonly prefetched: number
  readonly entries: number
  /** Estimated octets of memory. */
  readonly octets: number
  /** Entries that went before their time because the space was needed. */
  readonly evictions: number
}

/** Zones of which it is remembered when they were forgotten last. */
const FORGOTTEN = 1000

/** Hears what comes in and what goes. */
export interface CacheListener {
  stored(key: string, entry: Entry): void
  removed(key: string, entry: Entry): void
  /** All that such answers say is no longer true, those included that have not come back yet. */
  dropped(isMeant: IsMeant): void
}

/** Tells the answers that are to go. */
export type IsMeant = (key: string, outcome: Outcome) => boolean

export type CacheLimits = LifetimeLimits & Pick<Limits, 'cacheOctets' | 'staleKept' | 'recheckPace'>

/** What a store needs to know of the moment in which a question came. */
export type Generation = number

/**
 * Answers by question, positive and negative (RFC 2308), and failures (RFC 9520). Time is an argument, milliseconds
 * since the epoch. An entry is fresh from when it was stored until its lifetime is over, never outside: a clock that
 * jumps back makes it old, not young. An upstream's answers may be given out for some days more, as stale (RFC 8767).
 */
export class AnswerCache {
  listener: CacheListener | undefined
  /** While what an earlier process knew comes back: settles, never rejects. */
  restoring: Promise<void> | undefined
  private readonly limits: CacheLimits
  private readonly entries: BoundedMap<Entry>
  private readonly keysOfZone = new Map<ZoneId, Set<string>>()
  private current: Generation = 0
  private droppedAt: Generation = 0
  /** Since when others are asked than before, or the same in another way. */
  private outdatedAt: Generation = 0
  private origin: Origin | undefined
  private readonly forgottenAt = new Map<ZoneId, Generation>()
  private allForgottenAt: Generation = 0
  private hits = 0
  private misses = 0
  private stale = 0
  private prefetched = 0

  constructor(limits: CacheLimits) {
    this.limits = limits
    this.entries = new BoundedMap(limits.cacheOctets, SHARES, (key, entry) => {
      this.unlist(key, entry.outcome)
      this.listener?.removed(key, entry)
    })
  }

  /** What is known about a question: fresh, or old but still of use. */
  find(key: string, now: number): Entry | undefined {
    const entry = this.entries.get(key)
    if (entry !== undefined && isFresh(entry, now)) {
      this.hits++
      return entry
    }
    this.misses++
    return entry !== undefined && isUsable(entry, now) ? entry : undefined
  }

  /** Changes whenever something is dropped because it is no longer true. */
  get generation(): Generation {
    return this.current
  }

  /**
   * Keeps an outcome for as long as {@link lifetimeOf} says. An upstream's answer with a TTL of 0 is for whoever asked
   * alone; where an older one is known, it takes its place, as old from the start.
   * @param since the generation when the question came. Where it is another by now, the outcome may be of a zone's
   * version, or of a cache, that was dropped meanwhile, and is not kept. What others said than those that are asked now
   * is kept as old, where nothing is known.
   */
  store(key: string, outcome: Outcome, now: number, since: Generation = this.current): void {
    if (since < this.droppedAt || this.wasForgotten(outcome, since)) return
    // It is those who were asked before that failed.
    if (!isFound(outcome) && since < this.outdatedAt) return
    const before = this.entries.peek(key)
    // A failure takes nothing away, and neither does what stands in where ordinary DNS fails.
    const isWord = isFound(outcome) && !isStandIn(outcome)
    if (before !== undefined && !isWord && isFound(before.outcome) && isUsable(before, now)) return
    const isKnown = before !== undefined && isFound(before.outcome)
    const isOthers = this.isOthers(outcome)
    // It is old from the start: better than nothing, or than what was known before it.
    const seconds = isOthers ? 0 : Math.max(0, lifetimeOf(outcome, this.limits))
    if (seconds === 0 && !(isForwarded(outcome) && isNews(outcome) && isKnown !== isOthers)) return
    const entry = entryOf(outcome, seconds, now, this.limits)
    if (this.put(key, entry, now)) this.listener?.stored(key, entry)
  }

  /**
   * Takes back what was kept elsewhere. The listener does not hear of it.
   * @returns false where it is no upstream's word, has no room, or a newer answer is known.
   */
  restore(key: string, entry: Entry, now: number): boolean {
    const newer = this.entries.peek(key)
    if (newer !== undefined && isFound(newer.outcome)) return false
    if (!isForwarded(entry.outcome)) return false
    if (this.isOthers(entry.outcome)) entry.expiresAt = Math.min(entry.expiresAt, now)
    // What is too old may only seem so, by a clock that is not set yet. It goes like all that is spent.
    return this.put(key, entry, now, now + this.limits.staleKept * 1000)
  }

  /** Drops every answer in which a zone had a part; without a zone, in which any had. */
  forget(zone?: ZoneId): void {
    this.current++
    if (zone === undefined || this.forgottenAt.size >= FORGOTTEN) {
      this.allForgottenAt = this.current
      this.forgottenAt.clear()
    }
    if (zone !== undefined) this.forgottenAt.set(zone, this.current)
    const zones = zone === undefined ? [...this.keysOfZone.keys()] : [zone]
    // Deleting takes keys out of the set while it is walked, which a Set allows.
    for (const each of zones) for (const key of this.keysOfZone.get(each) ?? []) this.entries.delete(key)
  }

  /**
   * Drops what says something about a name, with all aliases that lead to it.
   * @returns how many answers that were.
   */
  drop(matches: (name: Name) => boolean): number {
    return this.dropMeant(
      (key, outcome) => matches(questionOfKey(key).name) || namesIn(outcome).some(matches),
    )
  }

  /** @returns how many answers that were. */
  clear(): number {
    return this.dropMeant(() => true)
  }

  /** These are asked from now on: all that others said is old, and that they failed says nothing. */
  askOf(origin: Origin, now: number): void {
    this.outdatedAt = ++this.current
    if (origin === this.origin) return
    this.origin = origin
    for (const [key, entry] of this.entries) {
      const { outcome } = entry
      entry.failedAt = -Infinity
      if (isForwarded(outcome)) {
        if (this.isOthers(outcome)) entry.expiresAt = Math.min(entry.expiresAt, now)
      } else if (this.isOthers(outcome) || outcome.kind === 'upstream-failed') this.entries.delete(key)
    }
  }

  /** A refresh of what is known came to nothing. @param since the generation when it began. */
  noteFailure(key: string, now: number, since: Generation = this.current): void {
    if (since < this.outdatedAt) return
    const entry = this.entries.peek(key)
    if (entry !== undefined) entry.failedAt = now
  }

  /** Something stands in for an old answer, which is not forgotten. */
  noteStandIn(key: string, outcome: Outcome, now: number): void {
    const entry = this.entries.peek(key)
    if (entry !== undefined) entry.standIn = { outcome, at: now }
  }

  countStale(): void {
    this.stale++
  }

  countPrefetch(): void {
    this.prefetched++
  }

  stats(): CacheStats {
    const { hits, misses, stale, prefetched, entries } = this
    const { size, cost: octets, evictions } = entries
    return { hits, misses, stale, prefetched, entries: size, octets, evictions }
  }

  /** @param keptUntil it is not let go before, unless the space is needed. */
  private put(key: string, entry: Entry, now: number, keptUntil = now): boolean {
    const { outcome, storedAt, expiresAt } = entry
    const placement = {
      group: groupOf(outcome),
      cost: costOf(key, outcome),
      spentAt: now < storedAt ? now : expiresAt,
      endsAt: Math.max(entry.endsAt, keptUntil),
    }
    if (!this.entries.set(key, entry, placement, now)) return false
    for (const zone of zonesOf(outcome)) {
      const keys = this.keysOfZone.get(zone)
      if (keys === undefined) this.keysOfZone.set(zone, new Set([key]))
      else keys.add(key)
    }
    return true
  }

  /** It is the word of others than those who are asked now. */
  private isOthers(outcome: Outcome): boolean {
    const { origin } = this
    if (origin === undefined || !isFound(outcome) || outcome.provenance.origin === undefined) return false
    return outcome.provenance.origin !== origin
  }

  private wasForgotten(outcome: Outcome, since: Generation): boolean {
    return zonesOf(outcome).some(zone => since < (this.forgottenAt.get(zone) ?? this.allForgottenAt))
  }

  private dropMeant(isMeant: IsMeant): number {
    this.droppedAt = ++this.current
    this.listener?.dropped(isMeant)
    let dropped = 0
    for (const [key, { outcome }] of this.entries)
      if (isMeant(key, outcome)) {
        this.entries.delete(key)
        dropped++
      }
    return dropped
  }

  private unlist(key: string, outcome: Outcome): void {
    for (const zone of zonesOf(outcome)) {
      const keys = this.keysOfZone.get(zone)
      keys?.delete(key)
      if (keys?.size === 0) this.keysOfZone.delete(zone)
    }
  }
}

/** The names of the records of an answer, and those that its aliases lead to. */
function namesIn(outcome: Outcome): Name[] {
  const records = isFound(outcome) ? outcome.answers : []
  return records.flatMap(({ name, rdata }) =>
    rdata.kind === 'CNAME' || rdata.kind === 'DNAME' ? [name, rdata.target] : [name],
  )
}

/** Index in {@link SHARES}. */
function groupOf(outcome: Outcome): number {
  if (!isFound(outcome)) return 2
  return outcome.kind === 'answer' ? 0 : 1
}

function zonesOf(outcome: Outcome): readonly ZoneId[] {
  if (isFound(outcome)) return outcome.provenance.zones
  return isFailure(outcome) ? (outcome.zones ?? []) : []
}
