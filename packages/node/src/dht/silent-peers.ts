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

  isSilent(peer: string, now: number): boolean {
    const since = this.since.get(peer)
    return since !== undefined && now - since < SILENCE_MEMORY
  }

  /** Takes that a request had no answer in its time. Silence is no longer for being noticed again. */
  unanswered(peer: string, now: number): void {
    if (this.isSilent(peer, now)) return
    // Oldest first, as the map keeps them.
    for (const [other, since] of this.since) {
      if (now - since < SILENCE_MEMORY) break
      this.since.delete(other)
    }
    this.since.delete(peer)
    this.since.set(peer, now)
  }

  answered(peer: string): void {
    this.since.delete(peer)
  }
}

/** Lets a DHT wait a shorter time for peers that were silent a moment ago, from now on. */
export function boundSilence(dht: KadDHT, now: () => number = () => performance.now()): void {
  const peers = new SilentPeers()
  aroundSending(dht, async function* (to, signal, send): AsyncGenerator<QueryEvent> {
    const peer = to.toString()
    const startedAt = now()
    const isSilent = peers.isSilent(peer, startedAt)
    for await (const event of send(isSilent ? shortened(signal) : signal)) {
      if (event.name === 'PEER_RESPONSE') peers.answered(peer)
      // One that cannot be reached fails at once, and a lookup that ends fails what is under way.
      else if (event.name === 'QUERY_ERROR' && signal?.aborted !== true)
        if (now() - startedAt >= SILENT_PEER_TIMEOUT) peers.unanswered(peer, now())
      yield event
    }
  })
}

function shortened(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(SILENT_PEER_TIMEOUT)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
