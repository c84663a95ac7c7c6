import type { ZoneId } from '@signpost/core'
import type { Limit } from '@signpost/dns'
import { type Clock, SteadyClock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { ZoneResolver } from '../resolve/resolver.ts'

/** Milliseconds between two lookups of a followed zone. News that are pushed come without one. */
export const FOLLOW_INTERVAL: Limit = {
  default: 15 * 60_000,
  min: 60_000,
  max: 24 * 3_600_000,
}

/** The part of the interval by which a lookup may be early, so that zones followed together drift apart. */
const JITTER = 0.1
/** Milliseconds after the start within which each zone is looked for first. */
const FIRST_LOOKUPS = 60_000
/** Zones that are looked for at a time. */
const AT_A_TIME = 4

export interface FollowerContext {
  readonly resolver: ZoneResolver
  readonly clock: Clock
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  /** Milliseconds; see {@link FOLLOW_INTERVAL}. */
  readonly interval: number
  readonly logger: Logger
}

/**
 * Looks for news of followed zones: for each at once when it is followed, and then again and again. What it finds goes
 * where every lookup's findings go, to disk and into the node's events.
 */
export class Follower {
  private readonly context: FollowerContext
  private readonly clock: SteadyClock
  /** When each zone is looked for next. */
  private readonly due = new Map<ZoneId, number>()
  private readonly looking = new Set<Promise<void>>()
  private readonly stopping = new AbortController()
  private cancel: (() => void) | undefined

  /** @param zoneIds followed when the node starts. */
  constructor(context: FollowerContext, zoneIds: readonly ZoneId[]) {
    this.context = context
    this.clock = new SteadyClock(context.clock)
    for (const zoneId of zoneIds) this.due.set(zoneId, this.clock.now() + context.random() * FIRST_LOOKUPS)
    this.schedule()
  }

  /** Followed zones. */
  get count(): number {
    return this.due.size
  }

  add(zoneId: ZoneId): void {
    if (this.due.has(zoneId)) return
    this.due.set(zoneId, this.clock.now())
    this.schedule()
  }

  remove(zoneId: ZoneId): void {
    this.due.delete(zoneId)
    this.schedule()
  }

  /** Ends the lookups under way, and resolves when none runs. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the node is stopping'))
    this.cancel?.()
    await Promise.all(this.looking)
  }

  private schedule(): void {
    this.cancel?.()
    this.cancel = undefined
    if (this.stopping.signal.aborted || this.due.size === 0 || this.looking.size >= AT_A_TIME) return
    let next = Infinity
    for (const at of this.due.values()) next = Math.min(next, at)
    this.cancel = this.clock.at(next, () => {
      this.lookForDue()
    })
  }

  private lookForDue(): void {
    const now = this.clock.now()
    for (const [zoneId, at] of this.due) {
      if (this.looking.size >= AT_A_TIME) break
      if (at > now) continue
      const { interval, random } = this.context
      // Behind all others, so that each has its turn however many there are.
      this.due.delete(zoneId)
      this.due.set(zoneId, now + interval * (1 - random() * JITTER))
      const looking = this.look(zoneId).finally(() => {
        this.looking.delete(looking)
        this.schedule()
      })
      this.looking.add(looking)
    }
    this.schedule()
  }

  private async look(zoneId: ZoneId): Promise<void> {
    const { resolver, logger } = this.context
    const { signal } = this.stopping
    try {
      const { kind } = await resolver.resolve(zoneId, { policy: 'network-first', signal })
      if (kind !== 'found') logger.info('a followed zone was not found', { zoneId, kind })
    } catch (error) {
      if (!signal.aborted) logger.info('looking for a followed zone failed', { zoneId, error: String(error) })
    }
  }
}
