/** How often something may happen: `burst` times at once, and from then on so many times a second. */
export class Allowance {
  private readonly burst: number
  private readonly perSecond: number
  private left: number
  private since: number

  /** @param now milliseconds since the epoch. */
  constructor(burst: number, perSecond: number, now: number) {
    this.burst = burst
    this.perSecond = perSecond
    this.left = burst
    this.since = now
  }

  /** Whether it may happen now; if so, it has. */
  take(now: number): boolean {
    const gained = (Math.max(0, now - this.since) * this.perSecond) / 1_000
    this.left = Math.min(this.burst, this.left + gained)
    this.since = now
    if (this.left < 1) return false
    this.left--
    return true
  }
}
