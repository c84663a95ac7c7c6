/** How much a peer may ask for: `burst` at once, and `perSecond` in the long run. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

interface Allowance {
  left: number
  at: number
}

/** Peers that are remembered; the one that was heard longest ago is forgotten. */
const PEERS_REMEMBERED = 1_000

/** What each peer has left of its rate (a token bucket). Times are in milliseconds. */
export class Allowances {
  private readonly rate: Rate
  private readonly peers = new Map<string, Allowance>()

  constructor(rate: Rate) {
    this.rate = rate
  }

  /**
   * Takes `cost` from what a peer has left, and more than that if need be. False, and nothing taken, where it has not
   * even one left.
   */
  take(peer: string, now: number, cost = 1): boolean {
    const left = this.left(peer, now)
    if (left < 1) return false
    this.peers.delete(peer)
    this.peers.set(peer, { left: left - cost, at: now })
    const oldest = this.peers.keys().next().value
    if (this.peers.size > PEERS_REMEMBERED && oldest !== undefined) this.peers.delete(oldest)
    return true
  }

  isSpent(peer: string, now: number): boolean {
    return this.left(peer, now) < 1
  }

  private left(peer: string, now: number): number {
    const { burst, perSecond } = this.rate
    const allowance = this.peers.get(peer)
    if (allowance === undefined) return burst
    const passed = Math.max(0, now - allowance.at) / 1000
    return Math.min(burst, allowance.left + passed * perSecond)
  }
}
