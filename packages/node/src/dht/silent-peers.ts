import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { aroundSending } from './kad-internals.ts'

/** Milliseconds that a peer has for an answer which let a request pass without one a moment ago. */
export const SILENT_PEER_TIMEOUT = 1_000

/** Milliseconds until a silent peer has as much time as all others again. */
export const SILENCE_MEMORY = 60_000

/**
 * Peers that let a request pass without an answer. One that was suspended keeps its connections, so it stays in every
 * routing table, and without a memory each lookup would wait for it as long as the first. No I/O, no clock.
 */
export class SilentPeers {
  private readonly since = new Map<string, number>()
  private quickAt = -Infinity

  isSilent(peer: string, now: number): boolean {
    const since = this.since.get(peer)
    return since !== undefined && now - since < SILENCE_MEMORY
  }

  answered(peer: string, askedAt: number, now: number): void {
    this.since.delete(peer)
    if (now - askedAt < SILENT_PEER_TIMEOUT / 2) this.quickAt = now
  }

  /** Takes that a request failed. Silence is no longer for being noticed again. */
  failed(peer: string, askedAt: number, now: number): void {
    // One that cannot be reached fails at once.
    if (now - askedAt < SILENT_PEER_TIMEOUT) return
    // Where nobody answers quickly, this machine or its link is what is slow, and less time would be no help.
    if (this.quickAt < askedAt || this.isSilent(peer, now)) return
    // Oldest first, as the map keeps them.
    for (const [other, since] of this.since) {
      if (now - since < SILENCE_MEMORY) break
      this.since.delete(other)
    }
    this.since.delete(peer)
    this.since.set(peer, now)
  }
}

/** Lets a DHT wait a shorter time for peers that were silent a moment ago, from now on. */
export function boundSilence(dht: KadDHT, now: () => number = () => performance.now()): void {
  const peers = new SilentPeers()
  aroundSending(dht, async function* (to, signal, send): AsyncGenerator<QueryEvent> {
    const peer = to.toString()
    const askedAt = now()
    const isSilent = peers.isSilent(peer, askedAt)
    for await (const event of send(isSilent ? shortened(signal) : signal)) {
      if (event.name === 'PEER_RESPONSE') peers.answered(peer, askedAt, now())
      // A lookup that ends fails what is under way.
      if (event.name === 'QUERY_ERROR' && signal?.aborted !== true) peers.failed(peer, askedAt, now())
      yield event
    }
  })
}

function shortened(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(SILENT_PEER_TIMEOUT)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
