import type { PeerId } from '@libp2p/interface'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'

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
interface Message {
  readonly type: string
  readonly key?: Uint8Array | null
}

interface Rpc {
  handleMessage(peer: PeerId, message: Message): Promise<unknown>
}

/** What kad-dht's class has as public members and its published interface leaves out, as of 16.4.5. */
export interface KadInternals {
  readonly routingTable: RoutingTable
  readonly network: {
    sendRequest(to: PeerId, message: PutValue, options: RequestOptions): AsyncIterable<QueryEvent>
  }
  readonly rpc: Rpc
}

/** @throws TypeError for a version of kad-dht whose class looks different. */
export function internalsOf(dht: KadDHT): KadInternals {
  const candidate = dht as unknown as Partial<KadInternals>
  if (
    typeof candidate.routingTable?.find !== 'function' ||
    typeof candidate.network?.sendRequest !== 'function' ||
    typeof candidate.rpc?.handleMessage !== 'function'
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

/** Runs `around` for each request of a peer that a DHT answers; it has to run `answer`, and return what that does. */
export function aroundRequests(
  dht: KadDHT,
  around: <Answer>(
    request: Message & { readonly peer: PeerId },
    answer: () => Promise<Answer>,
  ) => Promise<Answer>,
): void {
  const { rpc } = internalsOf(dht)
  const handle = rpc.handleMessage.bind(rpc)
  rpc.handleMessage = async (peer, message) => around({ ...message, peer }, () => handle(peer, message))
}
