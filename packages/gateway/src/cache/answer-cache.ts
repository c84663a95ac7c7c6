import type { ZoneId } from '@signpost/core'
import { BoundedMap } from './bounded-map.ts'
import { costOf } from './cost.ts'
import { type LifetimeLimits, lifetimeOf } from './lifetime.ts'
import type { Limits } from '../limits.ts'
import { type Outcome, isFailure, isFound } from '../outcome.ts'
import type { Query } from '../query.ts'

interface Entry {
  readonly outcome: Outcome
  /** Milliseconds since the epoch, as is `expiresAt`. */
  readonly storedAt: number
  readonly expiresAt: number
}

export interface CacheStats {
  readonly hits: number
  readonly misses: number
  readonly entries: number
  /** Estimated octets of memory. */
  readonly octets: number
  /** Entries that went before their time because the space was needed. */
  readonly evictions: number
}

type CacheLimits = LifetimeLimits & Pick<Limits, 'cacheOctets'>

/**
 * Answers by question, positive and negative (RFC 2308), and failures (RFC 9520). Time is an argument. An entry is
 * given out from when it was stored until its lifetime is over, never outside: a clock that jumps back loses
 * answers, it does not revive them.
 */
export class AnswerCache {
  private readonly limits: CacheLimits
  private readonly entries: BoundedMap<Entry>
  private readonly keysOfZone = new Map<ZoneId, Set<string>>()
  private forgotten = 0
  private hits = 0
  private misses = 0

  constructor(limits: CacheLimits) {
    this.limits = limits
    this.entries = new BoundedMap(limits.cacheOctets, (key, entry) => {
      this.unlist(key, entry.outcome)
    })
  }

  /** @param now milliseconds since the epoch. */
  lookup(key: string, now: number): Outcome | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined || now >= entry.expiresAt || now < entry.storedAt) {
      if (entry !== undefined) this.entries.delete(key)
      this.misses++
      return undefined
    }
    this.hits++
    const { outcome } = entry
    if (!isFound(outcome)) return outcome
    return { ...outcome, age: outcome.age + Math.floor((now - entry.storedAt) / 1000) }
  }

  /** Changes whenever a zone's answers are dropped. */
  get generation(): number {
    return this.forgotten
  }

  /**
   * Keeps an outcome for as long as {@link lifetimeOf} says.
   * @param since the generation when the question came. Where it is another by now, an answer from zones may be of a
   * version that was dropped meanwhile, and is not kept.
   */
  store(key: string, outcome: Outcome, now: number, since: number = this.forgotten): void {
    if (since !== this.forgotten && zonesOf(outcome).length > 0) return
    const seconds = lifetimeOf(outcome, this.limits)
    if (seconds <= 0) return
    const entry: Entry = { outcome, storedAt: now, expiresAt: now + seconds * 1000 }
    if (!this.entries.set(key, entry, costOf(key, outcome))) return
    for (const zone of zonesOf(outcome)) {
      const keys = this.keysOfZone.get(zone)
      if (keys === undefined) this.keysOfZone.set(zone, new Set([key]))
      else keys.add(key)
    }
  }

  /** Drops every answer in which a zone had a part. */
  forget(zone: ZoneId): void {
    this.forgotten++
    // Deleting takes keys out of the set while it is walked, which a Set allows.
    for (const key of this.keysOfZone.get(zone) ?? []) this.entries.delete(key)
  }

  clear(): void {
    this.forgotten++
    this.entries.clear()
  }

  stats(): CacheStats {
    const { hits, misses, entries } = this
    return { hits, misses, entries: entries.size, octets: entries.cost, evictions: entries.evictions }
  }

  private unlist(key: string, outcome: Outcome): void {
    for (const zone of zonesOf(outcome)) {
      const keys = this.keysOfZone.get(zone)
      keys?.delete(key)
      if (keys?.size === 0) this.keysOfZone.delete(zone)
    }
  }
}

/**
 * What an answer depends on. DO and CD change what an upstream says (RFC 4035, section 3.2.1 and 3.2.2); the
 * letters' case, the transport, and AD change only how it is presented.
 */
export function cacheKey(query: Query): string {
  const { question, message } = query
  const flags = (message.edns?.dnssecOk === true ? 2 : 0) + (message.checkingDisabled ? 1 : 0)
  return `${flags} ${question.type} ${question.name.key}`
}

function zonesOf(outcome: Outcome): readonly ZoneId[] {
  if (isFound(outcome)) return outcome.provenance.zones
  return isFailure(outcome) ? (outcome.zones ?? []) : []
}
