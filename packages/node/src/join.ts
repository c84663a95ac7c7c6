import type { PeerId } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { internalsOf } from './kad-internals.ts'
import type { Logger } from './logger.ts'

/** Milliseconds after its start for which a lookup of a node without peers waits for the first. */
export const JOIN_WAIT = 3_000

/** Milliseconds that the search for this node's neighbours may take. */
const NEIGHBOUR_SEARCH_TIMEOUT = 10_000

/** A node's way into the DHT of a network. */
export class Join {
  /** Resolves with the first peer, or {@link JOIN_WAIT} after the start; at once where no peer is expected. */
  readonly joined: Promise<void>
  private readonly stopping = new AbortController()

  constructor(dht: KadDHT, self: PeerId, expectsPeers: boolean, logger: Logger) {
    const { signal } = this.stopping
    const { routingTable } = internalsOf(dht)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.joined = promise
    const timer = setTimeout(resolve, expectsPeers ? JOIN_WAIT : 0)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
    const onPeer = (): void => {
      clearTimeout(timer)
      resolve()
      // The first peer knows others. kad-dht looks for its neighbours five minutes later.
      void findNeighbours(dht, self, signal, logger)
    }
    routingTable.addEventListener('peer:add', onPeer, { once: true, signal })
  }

  stop(): void {
    this.stopping.abort()
  }
}

async function findNeighbours(
  dht: KadDHT,
  self: PeerId,
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(NEIGHBOUR_SEARCH_TIMEOUT)])
  let found = 0
  try {
    for await (const event of dht.getClosestPeers(self.toMultihash().bytes, { signal }))
      if (event.name === 'FINAL_PEER') found++
    logger.info('joined the network', { neighbours: found })
  } catch (error) {
    if (!stopping.aborted)
      logger.debug('search for neighbours ended early', { problem: String(error), neighbours: found })
  }
}
