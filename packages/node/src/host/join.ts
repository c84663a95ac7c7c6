import { setTimeout as sleep } from 'node:timers/promises'
import type { PeerId } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { internalsOf } from '../dht/kad-internals.ts'
import type { Logger } from '../logger.ts'

/** Milliseconds for which a node that has just started waits for its first peer, and then for that peer's peers. */
export const JOIN_WAIT = 3_000

/** Peers that are looked for at once: as many as kad-dht's queue takes. */
const PEERS_AT_ONCE = 100

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
  /** Resolves when the first peer's peers are known too; at the latest {@link JOIN_WAIT} after `joined`. */
  readonly settled: Promise<void>
  private readonly dht: KadDHT
  private readonly stopping = new AbortController()

  constructor(options: JoinOptions) {
    this.dht = options.dht
    const { signal } = this.stopping
    const searched = Promise.withResolvers<void>()
    const first = Promise.withResolvers<void>()
    let met = false
    const onPeer = (): void => {
      met = true
      first.resolve()
      // Left alone, kad-dht asks the first peer for others seconds or minutes later.
      const search = options.search ? findNeighbours(options, signal) : Promise.resolve()
      void search.then(searched.resolve)
    }
    internalsOf(options.dht).routingTable.addEventListener('peer:add', onPeer, { once: true, signal })
    const wait = options.expectsPeers ? JOIN_WAIT : 0
    this.joined = within(first.promise, wait, signal)
    // Who met nobody by now has waited long enough.
    this.settled = this.joined.then(() => (met ? within(searched.promise, wait, signal) : undefined))
  }

  /**
   * Looks for remembered peers, all at once. kad-dht does so one after the other by itself, so that a few that do not
   * answer keep a node from those that would.
   */
  returnTo(peers: readonly PeerId[]): void {
    const { routingTable } = internalsOf(this.dht)
    for (const peer of peers.slice(0, PEERS_AT_ONCE)) routingTable.add(peer).catch(ignoreSilence)
  }

  stop(): void {
    this.stopping.abort()
  }
}

async function findNeighbours(options: JoinOptions, stopping: AbortSignal): Promise<void> {
  const { dht, self, logger } = options
  const { routingTable } = internalsOf(dht)
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(NEIGHBOUR_SEARCH_TIMEOUT)])
  const found = new Map<string, PeerId>()
  try {
    for await (const event of dht.getClosestPeers(self.toMultihash().bytes, { signal }))
      if (event.name === 'PEER_RESPONSE') for (const { id } of event.closer) found.set(id.toString(), id)
    found.delete(self.toString())
    // kad-dht takes them in by itself, in its own time. A lookup goes only to peers that are ever closer to what
    // it looks for, so one that starts with few peers misses many.
    await Promise.all([...found.values()].slice(0, PEERS_AT_ONCE).map(peer => routingTable.add(peer)))
    logger.info('joined the network', { neighbours: routingTable.size })
  } catch (error) {
    if (!stopping.aborted) logger.debug('search for neighbours ended early', { problem: String(error) })
  }
}

/** Resolves when the promise does, after `wait` milliseconds, or when the signal aborts. */
async function within(promise: Promise<void>, wait: number, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const timer = sleep(wait, undefined, { signal: AbortSignal.any([signal, done.signal]) }).catch(ignoreAbort)
  await Promise.race([promise, timer])
  done.abort()
}

function ignoreAbort(): void {}

// A peer that does not answer is where it was: not in the table.
function ignoreSilence(): void {}
