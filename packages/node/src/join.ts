import type { PeerId } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { internalsOf } from './kad-internals.ts'
import type { Logger } from './logger.ts'

/** Milliseconds after its start for which a lookup of a node without peers waits for the first. */
export const JOIN_WAIT = 3_000

/** Milliseconds that the search for this node's neighbours may take. */
const NEIGHBOUR_SEARCH_TIMEOUT = 10_000

export interface JoinOptions {
  readonly dht: KadDHT
  /** This node's own peer ID. */
  readonly self: PeerId
  /** Whether somebody may turn up soon, so that a lookup does well to wait. */
  readonly expectsPeers: boolean
  /** Whether to look for this node's neighbours when the first peer turns up. */
  readonly search: boolean
  readonly logger: Logger
}

/** A node's way into the DHT of a network. */
export class Join {
  /** Resolves with the first peer, or {@link JOIN_WAIT} after the start; at once where no peer is expected. */
  readonly joined: Promise<void>
  private readonly stopping = new AbortController()

  constructor(options: JoinOptions) {
    const { signal } = this.stopping
    const { promise, resolve } = Promise.withResolvers<void>()
    this.joined = promise
    const timer = setTimeout(resolve, options.expectsPeers ? JOIN_WAIT : 0)
    const settle = (): void => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', settle)
    const onPeer = (): void => {
      settle()
      // The first peer knows others. Left alone, kad-dht asks it seconds or minutes later.
      if (options.search) void findNeighbours(options, signal)
    }
    internalsOf(options.dht).routingTable.addEventListener('peer:add', onPeer, { once: true, signal })
  }

  stop(): void {
    this.stopping.abort()
  }
}

async function findNeighbours({ dht, self, logger }: JoinOptions, stopping: AbortSignal): Promise<void> {
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
