import { RecentMap } from './recent-map.ts'

interface Meter {
  left: number
  /** Milliseconds since the epoch. */
  since: number
  /** How often in a row there was nothing left. */
  refused: number
}

/** Seconds whose allowance may be used at once: a browser that opens a page asks for a hundred names in a moment. */
export const BURST_SECONDS = 5

/**
 * A token bucket for each key. A bounded number of them is remembered, those in use; one that is forgotten is full
 * again. So a flood of keys never takes anything away from anybody, and whoever keeps on taking stays known.
 */
export class RateMeters {
  private readonly perSecond: number
  private readonly most: number
  private readonly meters: RecentMap<Meter>

  /** @param perSecond how often something may happen for a key, in the long run. */
  constructor(perSecond: number, capacity: number) {
    this.perSecond = perSecond
    this.most = perSecond * BURST_SECONDS
    this.meters = new RecentMap(capacity)
  }

  /**
   * Zero where it may happen now, and then it has; else how often in a row it may not.
   * @param now milliseconds since the epoch.
   */
  take(key: string, now: number): number {
    const meter = this.at(key, now)
    if (meter.left < 1) return ++meter.refused
    meter.left--
    meter.refused = 0
    return 0
  }

  /** Counts what happens in any case; down to as much below nothing as a burst is. */
  charge(key: string, now: number): void {
    const meter = this.at(key, now)
    meter.left = Math.max(meter.left - 1, -this.most)
  }

  private at(key: string, now: number): Meter {
    const known = this.meters.get(key)
    if (known === undefined) {
      const fresh = { left: this.most, since: now, refused: 0 }
      this.meters.add(key, fresh)
      return fresh
    }
    // A clock that was set back gives nothing and takes nothing.
    const gained = (Math.max(0, now - known.since) * this.perSecond) / 1000
    known.left = Math.min(this.most, known.left + gained)
    known.since = now
    return known
  }
}
