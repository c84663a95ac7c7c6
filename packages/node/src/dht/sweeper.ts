import type { GuardedDatastore } from './guarded-datastore.ts'
import type { Logger } from '../logger.ts'

/** Milliseconds after the start at which old records are swept first, and from then on between sweeps. */
const SWEEPS: { readonly first: number; readonly interval: number } = { first: 300_000, interval: 3_600_000 }

/** Deletes old records from DHTs now and then; kad-dht itself deletes one only when somebody asks for it. */
export class Sweeper {
  private timer: ReturnType<typeof setTimeout>
  private sweeping: Promise<void> = Promise.resolve()
  private readonly guards: readonly GuardedDatastore[]
  private readonly logger: Logger

  constructor(guards: readonly GuardedDatastore[], logger: Logger) {
    this.guards = guards
    this.logger = logger
    this.timer = this.after(SWEEPS.first)
  }

  /** Resolves when no sweep runs any more. */
  async stop(): Promise<void> {
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
      for (const guard of this.guards) swept += await guard.sweep()
      this.logger.debug('swept records that nobody put again', { swept })
    } catch (error) {
      this.logger.error('sweeping old records failed', { error: String(error) })
    }
    this.timer = this.after(SWEEPS.interval)
  }
}
