import type { Connection, PeerId, PeerInfo, Stream } from '@libp2p/interface'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import type { KadMessage } from './kad-message.ts'

/** The peers that a DHT knows. */
export interface RoutingTable extends EventTarget {
  readonly size: number
  find(peer: PeerId): Promise<PeerId | undefined>
  /** Pings a peer and takes it in if it answers. */
  add(peer: PeerId): Promise<void>
  remove(peer: PeerId): Promise<void>
}

interface PutValue {
  readonly type: 'PUT_VALUE'
  readonly key: Uint8Array
  readonly record: Uint8Array
}

interface RequestOptions {
  readonly signal: AbortSignal | undefined
  readonly path: {
    readonly index: number
    readonly queued: number
    readonly running: number
    readonly total: number
  }
}

/** A request of a peer, of which this says only what is needed here. */
export interface KadRequest {
  readonly type: string
  readonly key?: Uint8Array | null
  readonly closer: readonly unknown[]
  readonly providers: readonly { readonly multiaddrs: Uint8Array[] }[]
}

interface Rpc {
  handleMessage(peer: PeerId, request: KadRequest): Promise<unknown>
  onIncomingStream(stream: Stream, connection: Connection): Promise<void>
}

/** kad-dht's name for sending a request on a stream and reading the answer. */
const EXCHANGE = '_writeReadMessage'

/** What kad-dht's class has as public members and its published interface leaves out, as of 16.4.5. */
export interface KadInternals {
  readonly routingTable: RoutingTable
  readonly network: {
    sendRequest(to: PeerId, message: PutValue, options: RequestOptions): AsyncIterable<QueryEvent>
    [EXCHANGE](
      stream: Stream,
      request: Pick<KadMessage, 'type'> & Partial<KadMessage>,
      options: { readonly signal?: AbortSignal },
    ): Promise<KadMessage>
    /** Tells of a peer that an answer names: the DHT looks whether it is of use, and libp2p writes it down. */
    safeDispatchEvent(type: 'peer', peer: { readonly detail: PeerInfo }): boolean
  }
  readonly rpc: Rpc
}

/** @throws TypeError for a version of kad-dht whose class looks different. */
export function internalsOf(dht: KadDHT): KadInternals {
  const candidate = dht as unknown as Partial<KadInternals>
  if (
    typeof candidate.routingTable?.find !== 'function' ||
    typeof candidate.network?.sendRequest !== 'function' ||
    typeof candidate.network[EXCHANGE] !== 'function' ||
    typeof candidate.network.safeDispatchEvent !== 'function' ||
    typeof candidate.rpc?.handleMessage !== 'function' ||
    typeof candidate.rpc.onIncomingStream !== 'function'
  )
    throw new TypeError('this version of @libp2p/kad-dht is not the one that Signpost was built for (16.4.5)')
  return candidate as KadInternals
}

/** Runs `around` for each request that a DHT sends; it has to run `send` with a signal, and give what that gives. */
export function aroundSending(
  dht: KadDHT,
  around: (
    to: PeerId,
    signal: AbortSignal | undefined,
    send: (signal: AbortSignal | undefined) => AsyncIterable<QueryEvent>,
  ) => AsyncIterable<QueryEvent>,
): void {
  const { network } = internalsOf(dht)
  const send = network.sendRequest.bind(network)
  network.sendRequest = (to, message, options) =>
    around(to, options.signal, signal => send(to, message, { ...options, signal }))
}

/** Sends requests and reads answers by another function than kad-dht's, which also has to tell of the peers in them. */
export function replaceExchange(
  dht: KadDHT,
  exchange: (
    stream: Stream,
    request: Pick<KadMessage, 'type'> & Partial<KadMessage>,
    signal: AbortSignal | undefined,
    onPeer: (peer: PeerInfo) => void,
  ) => Promise<KadMessage>,
): void {
  const { network } = internalsOf(dht)
  network[EXCHANGE] = async (stream, request, { signal }) =>
    exchange(stream, request, signal, detail => {
      network.safeDispatchEvent('peer', { detail })
    })
}

/** Runs `around` for each request of a peer that a DHT answers; it has to run `answer`, and return what that does. */
export function aroundRequests(
  dht: KadDHT,
  around: <Answer>(peer: PeerId, request: KadRequest, answer: () => Promise<Answer>) => Promise<Answer>,
): void {
  const { rpc } = internalsOf(dht)
  const handle = rpc.handleMessage.bind(rpc)
  rpc.handleMessage = async (peer, request) => around(peer, request, () => handle(peer, request))
}

/**
 * Runs `around` for each stream on which a peer sends requests; it has to run `serve`, which answers them. Has to be
 * called before the DHT starts.
 */
export function aroundStreams(
  dht: KadDHT,
  around: (stream: Stream, connection: Connection, serve: () => Promise<void>) => Promise<void>,
): void {
  const { rpc } = internalsOf(dht)
  const serve = rpc.onIncomingStream.bind(rpc)
  rpc.onIncomingStream = async (stream, connection) =>
    around(stream, connection, () => serve(stream, connection))
}
