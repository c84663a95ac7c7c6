import type { QueryEvent } from '@libp2p/kad-dht'

/** How one lookup went through the network, from the events of kad-dht. */
export class LookupTrace {
  /** Requests that were sent. */
  asked = 0
  /** Hops to the farthest peer that answered: 1 for one that the node knew before the lookup, 2 for one of which such a peer told. */
  hops = 0
  /** The same when the first record came; undefined where none did. */
  first: { readonly asked: number; readonly hops: number } | undefined
  private readonly distances = new Map<string, number>()

  /** @param known the peers that the lookup can start from. */
  constructor(known: Iterable<string>) {
    for (const peer of known) this.distances.set(peer, 1)
  }

  take(event: QueryEvent): void {
    if (event.name === 'SEND_QUERY') this.asked++
    if (event.name !== 'PEER_RESPONSE') return
    const distance = this.distances.get(event.from.toString()) ?? 1
    this.hops = Math.max(this.hops, distance)
    if (event.record !== undefined) this.first ??= { asked: this.asked, hops: distance }
    for (const { id } of event.closer) {
      const peer = id.toString()
      if (!this.distances.has(peer)) this.distances.set(peer, distance + 1)
    }
  }
}
