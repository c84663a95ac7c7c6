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

  isSpent(now: number): boolean {
    this.gain(now)
    return this.left < 1
  }

  /** Whether it may happen now; if so, it has. */
  take(now: number): boolean {
    if (this.isSpent(now)) return false
    this.left--
    return true
  }

  /** Takes what something has cost, also more than is left: that has to come back first. */
  charge(cost: number, now: number): void {
    this.gain(now)
    this.left -= cost
  }

  private gain(now: number): void {
    const gained = (Math.max(0, now - this.since) * this.perSecond) / 1_000
    this.left = Math.min(this.burst, this.left + gained)
    this.since = now
  }
}
