import { uptime } from 'node:os'
import type { Logger } from '../logger.ts'

/** Milliseconds after the start at which old records are swept first, and from then on between sweeps. */
const SWEEPS: { readonly first: number; readonly interval: number } = { first: 300_000, interval: 3_600_000 }

/** Milliseconds by which the clock may differ from the time that passed since the last sweep and be believed. */
const CREDIBLE_STEP = 3_600_000

/** Where something becomes old. */
export interface Swept {
  /** Deletes what is old, until the signal aborts. Resolves to how much that was. */
  sweep(signal: AbortSignal): Promise<number>
}

export interface SweeperOptions {
  /** Milliseconds since the epoch, by which places say what is old. */
  readonly now: () => number
  /** Milliseconds that nobody sets, also while the machine sleeps; since it was started where absent. */
  readonly elapsed?: () => number
  readonly logger: Logger
}

/**
 * Sweeps now and then; kad-dht itself deletes an old record only when somebody asks for it. What a sweep forgets is gone
 * for good, floors included, so that a clock which is wrong at that moment would bring older records back: after it was
 * set, a sweep is left out.
 */
export class Sweeper {
  private timer: ReturnType<typeof setTimeout>
  private sweeping: Promise<void> = Promise.resolve()
  private readonly stopping = new AbortController()
  private readonly places: readonly Swept[]
  private readonly logger: Logger
  /** How far the clock is ahead of the time that passed. */
  private readonly lead: () => number
  private lastLead: number

  constructor(places: readonly Swept[], { now, elapsed = sinceBoot, logger }: SweeperOptions) {
    this.places = places
    this.logger = logger
    this.lead = () => now() - elapsed()
    this.lastLead = this.lead()
    this.timer = this.after(SWEEPS.first)
  }

  /** Ends a sweep where it is, and resolves when none runs any more. */
  async stop(): Promise<void> {
    this.stopping.abort()
    clearTimeout(this.timer)
    await this.sweeping
    clearTimeout(this.timer)
  }

  private after(delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.sweeping = this.sweep()
    }, delay)
  }

  private async sweep(): Promise<void> {
    const before = this.lastLead
    this.lastLead = this.lead()
    if (Math.abs(this.lastLead - before) > CREDIBLE_STEP)
      this.logger.warn('the clock was set by more than an hour; old records are swept an hour later')
    else for (const place of this.places) await this.sweepOne(place)
    this.timer = this.after(SWEEPS.interval)
  }

  private async sweepOne(place: Swept): Promise<void> {
    try {
      this.logger.debug('swept old records', { swept: await place.sweep(this.stopping.signal) })
    } catch (error) {
      this.logger.error('sweeping old records failed', { error: String(error) })
    }
  }
}

// Unlike timers and performance.now(), this does not stand still while the machine sleeps.
function sinceBoot(): number {
  return uptime() * 1_000
}
