import type { PeerId } from '@libp2p/interface'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { Libp2pRecord } from '@libp2p/record'
import { MAX_RECORD_LENGTH, zoneIdOfRoutingKey } from '@signpost/core'
import type { GuardedDatastore } from './guarded-datastore.ts'
import { type KadInternals, internalsOf } from './kad-internals.ts'
import type { Logger } from '../logger.ts'
import type {
  Routing,
  RoutingAnswer,
  RoutingGetOptions,
  RoutingPut,
  RoutingPutOptions,
} from '../routing/routing.ts'

export interface KadRoutingOptions {
  readonly dht: KadDHT
  readonly isConnected: (peer: PeerId) => boolean
  /** Keeps this node's own copy of what it puts. */
  readonly guard: GuardedDatastore
  /** Resolves once there is a peer to ask, or no hope of one soon. */
  readonly joined: Promise<void>
  /** Resolves once that peer's peers are known too, or there is no hope of it soon. */
  readonly settled: Promise<void>
  readonly logger: Logger
}

/**
 * Routing over kad-dht. It reads the events of a lookup as they come, where kad-dht's own result comes only
 * when the slowest peer has answered or timed out, and fails when any one peer refuses a correction.
 */
export class KadRouting implements Routing {
  private readonly options: KadRoutingOptions
  private readonly internals: KadInternals

  constructor(options: KadRoutingOptions) {
    this.options = options
    this.internals = internalsOf(options.dht)
  }

  /** Peers that a lookup starts from. */
  get peers(): number {
    return this.internals.routingTable.size
  }

  /**
   * What peers hold. What this node itself keeps for others is no answer: nobody confirmed it since it was put, so
   * it must neither count towards agreement nor look newly confirmed.
   */
  async *get(key: Uint8Array, { signal }: RoutingGetOptions): AsyncGenerator<RoutingAnswer> {
    if (!(await this.hasPeers(signal))) return
    try {
      for await (const event of this.watch(this.options.dht.get(key, { signal }), signal)) {
        // The lookup is over; what follows is kad-dht correcting peers by its own lights, one after the other.
        if (event.name === 'DIAL_PEER' && event.path.index === CORRECTION_PATH) return
        if (event.name !== 'PEER_RESPONSE') continue
        const from = event.from.toString()
        if (event.record === undefined) yield { kind: 'nothing', from }
        else yield { kind: 'value', value: copyOf(event.record.value), from }
      }
    } catch (error) {
      // One that failed has not heard everybody, so it must not look as if nobody had anything.
      if (!signal.aborted) throw error
    }
  }

  /** @throws StaleSequenceError where this node's own DHT keeps a newer record, which no peer should lose. */
  async put(key: Uint8Array, value: Uint8Array, options: RoutingPutOptions): Promise<RoutingPut> {
    const { signal, onAck } = options
    const zoneId = zoneIdOfRoutingKey(key)
    if (zoneId !== undefined && this.options.dht.getMode() === 'server')
      await this.options.guard.hold(zoneId, value)
    const peers = await this.closestPeers(key, signal)
    let acks = 0
    await Promise.all(
      peers.map(async peer => {
        const ok = await this.putTo(peer, key, value, signal)
        if (ok) acks++
        onAck?.({ peer: peer.toString(), ok, acks, asked: peers.length })
      }),
    )
    return { acks, asked: peers.length }
  }

  async send(
    peer: string,
    key: Uint8Array,
    value: Uint8Array,
    options: { readonly signal: AbortSignal },
  ): Promise<boolean> {
    const peerId = peerIn(peer)
    return peerId !== undefined && this.putTo(peerId, key, value, options.signal)
  }

  /**
   * kad-dht keeps peers that are gone in its table for as long as there is room, and asks them every time. One that
   * cannot be reached, while others answer, goes; it comes back when it connects again.
   */
  private async *watch(events: AsyncIterable<QueryEvent>, signal: AbortSignal): AsyncGenerator<QueryEvent> {
    const silent: PeerId[] = []
    let heard = false
    try {
      for await (const event of events) {
        if (event.name === 'PEER_RESPONSE') heard = true
        if (event.name === 'QUERY_ERROR') silent.push(event.from)
        yield event
      }
    } finally {
      // A signal that ends the lookup fails what is under way, and an own network that is down fails everything.
      if (heard && !signal.aborted) await this.forget(silent)
    }
  }

  private async forget(peers: readonly PeerId[]): Promise<void> {
    const { isConnected, logger } = this.options
    for (const peer of peers) {
      if (isConnected(peer)) continue
      await this.internals.routingTable.remove(peer)
      logger.debug('forgot a peer that cannot be reached', { peer: peer.toString() })
    }
  }

  private async closestPeers(key: Uint8Array, signal: AbortSignal): Promise<PeerId[]> {
    const peers: PeerId[] = []
    await untilAborted(this.options.settled, signal)
    if (!(await this.hasPeers(signal))) return peers
    try {
      for await (const event of this.watch(this.options.dht.getClosestPeers(key, { signal }), signal))
        if (event.name === 'FINAL_PEER') peers.push(event.peer.id)
    } catch (error) {
      this.note('search for the closest peers ended early', error, signal)
    }
    return peers
  }

  // kad-dht says that a put went well whatever the peer does; only a peer that echoes the value has it.
  private async putTo(
    peer: PeerId,
    key: Uint8Array,
    value: Uint8Array,
    signal: AbortSignal,
  ): Promise<boolean> {
    const record = new Libp2pRecord(key, value, new Date()).serialize()
    const path = { index: CORRECTION_PATH, queued: 0, running: 0, total: 0 }
    try {
      const message = { type: 'PUT_VALUE', key, record } as const
      for await (const event of this.internals.network.sendRequest(peer, message, { signal, path }))
        if (event.name === 'PEER_RESPONSE')
          return event.record !== undefined && Buffer.compare(event.record.value, value) === 0
    } catch (error) {
      this.note('put to a peer failed', error, signal)
    }
    return false
  }

  // With an empty routing table kad-dht waits for as long as the signal lets it, or says at once that there is
  // nobody; a node that has just started deserves neither.
  private async hasPeers(signal: AbortSignal): Promise<boolean> {
    if (this.peers === 0) await untilAborted(this.options.joined, signal)
    return this.peers > 0 && !signal.aborted
  }

  private note(what: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    this.options.logger.debug(what, { problem: error instanceof Error ? error.message : String(error) })
  }
}

// The index that kad-dht gives to requests outside of the paths of a lookup.
const CORRECTION_PATH = -1

/** Resolves when the promise does, or when the signal aborts. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const onAbort = (): void => {
    resolve()
  }
  signal.addEventListener('abort', onAbort)
  await Promise.race([promise, aborted])
  signal.removeEventListener('abort', onAbort)
}

// Another routing's peers may be no peers of a DHT.
function peerIn(text: string): PeerId | undefined {
  try {
    return peerIdFromString(text)
  } catch {
    return undefined
  }
}

// What comes from the network is a view of a larger buffer. A message may have megabytes, and a lookup keeps what it
// hears: one octet more than a record can have is enough to refuse it.
function copyOf(value: Uint8Array): Uint8Array {
  return Uint8Array.from(value.subarray(0, MAX_RECORD_LENGTH + 1))
}
