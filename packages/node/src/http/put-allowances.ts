import { Allowance } from './allowance.ts'
import type { Offered } from './offered-record.ts'
import { CLIENT_SHARE } from './shares.ts'

/** What a record that no owner signed, or that is over its validity, counts for. */
const INVALID_COST = 10

/** Sources that are remembered; the one that was heard longest ago is forgotten. */
const SOURCES_REMEMBERED = 1_000

/**
 * How many records clients may put: so many in all, and a quarter of them by one source. In all only those count that
 * are taken, since they go to peers; what else somebody sends is his own cost. Times are in milliseconds since the epoch.
 */
export class PutAllowances {
  private readonly burst: number
  private readonly perSecond: number
  private readonly all: Allowance
  private readonly sources = new Map<string, Allowance>()

  constructor(burst: number, perSecond: number, now: number) {
    this.burst = burst
    this.perSecond = perSecond
    this.all = new Allowance(burst, perSecond, now)
  }

  /** Whether a source may put a record now; if so, it has. */
  take(source: string, now: number): boolean {
    const own = this.of(source, now)
    return !this.all.isSpent(now) && own.take(now)
  }

  /** Counts what became of a record for which {@link take} said yes. */
  settle(source: string, { kind }: Offered, now: number): void {
    if (kind === 'taken') this.all.charge(1, now)
    if (kind === 'invalid') this.of(source, now).charge(INVALID_COST - 1, now)
  }

  private of(source: string, now: number): Allowance {
    const [burst, perSecond] = [this.burst * CLIENT_SHARE, this.perSecond * CLIENT_SHARE]
    const known = this.sources.get(source) ?? new Allowance(burst, perSecond, now)
    this.sources.delete(source)
    this.sources.set(source, known)
    const [oldest] = this.sources.keys()
    if (this.sources.size > SOURCES_REMEMBERED && oldest !== undefined) this.sources.delete(oldest)
    return known
  }
}
