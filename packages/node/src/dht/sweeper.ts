import type { Logger } from '../logger.ts'

/** Milliseconds after the start at which old records are swept first, and from then on between sweeps. */
const SWEEPS: { readonly first: number; readonly interval: number } = { first: 300_000, interval: 3_600_000 }

/** Where something becomes old. */
export interface Swept {
  /** Deletes what is old, until the signal aborts. Resolves to how much that was. */
  sweep(signal: AbortSignal): Promise<number>
}

/** Sweeps now and then; kad-dht itself deletes an old record only when somebody asks for it. */
export class Sweeper {
  private timer: ReturnType<typeof setTimeout>
  private sweeping: Promise<void> = Promise.resolve()
  private readonly stopping = new AbortController()
  private readonly places: readonly Swept[]
  private readonly logger: Logger

  constructor(places: readonly Swept[], logger: Logger) {
    this.places = places
    this.logger = logger
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
    try {
      let swept = 0
      for (const place of this.places) swept += await place.sweep(this.stopping.signal)
      this.logger.debug('swept old records', { swept })
    } catch (error) {
      this.logger.error('sweeping old records failed', { error: String(error) })
    }
    this.timer = this.after(SWEEPS.interval)
  }
}
