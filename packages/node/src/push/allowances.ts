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

/**
 * What each peer has left of its rate (a token bucket). Times are in milliseconds; where their clock is set back, a peer
 * gets its rate from then on.
 */
export class Allowances {
  private readonly rate: Rate
  private readonly peers = new Map<string, Allowance>()

  constructor(rate: Rate) {
    this.rate = rate
  }

  /** Takes one from what a peer has left. False, and nothing taken, where it has not even that. */
  take(peer: string, now: number): boolean {
    const left = this.left(peer, now)
    const taken = left >= 1
    this.note(peer, taken ? left - 1 : left, now)
    return taken
  }

  /** Takes `cost` from a peer, also where it has less left: it pays for that later, for a burst at most. */
  charge(peer: string, now: number, cost: number): void {
    this.note(peer, Math.max(-this.rate.burst, this.left(peer, now) - cost), now)
  }

  isSpent(peer: string, now: number): boolean {
    return this.left(peer, now) < 1
  }

  private note(peer: string, left: number, at: number): void {
    this.peers.delete(peer)
    this.peers.set(peer, { left, at })
    const oldest = this.peers.keys().next().value
    if (this.peers.size > PEERS_REMEMBERED && oldest !== undefined) this.peers.delete(oldest)
  }

  private left(peer: string, now: number): number {
    const { burst, perSecond } = this.rate
    const allowance = this.peers.get(peer)
    if (allowance === undefined) return burst
    const passed = Math.max(0, now - allowance.at) / 1000
    return Math.min(burst, allowance.left + passed * perSecond)
  }
}
