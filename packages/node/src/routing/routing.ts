/**
 * What one peer said to a lookup: unverified octets that it holds, or that it holds none. A peer that
 * cannot be reached or says nonsense says nothing.
 */
export type RoutingAnswer =
  | { readonly kind: 'value'; readonly value: Uint8Array; readonly from: string }
  | { readonly kind: 'nothing'; readonly from: string }

/** How many peers took a value, out of how many were asked to. */
export interface RoutingPut {
  readonly acks: number
  readonly asked: number
}

/** One peer's reply to a put, with the counts so far. */
export interface RoutingAck {
  readonly peer: string
  readonly ok: boolean
  readonly acks: number
  readonly asked: number
}

export interface RoutingGetOptions {
  readonly signal: AbortSignal
}

export interface RoutingPutOptions {
  readonly signal: AbortSignal
  readonly onAck?: ((event: RoutingAck) => void) | undefined
}

/**
 * Where peers keep signed records. A routing judges nothing: it carries octets, and whoever reads them
 * verifies them. It never throws because one peer misbehaves. Keys are routing keys (`routingKeyOf`).
 */
export interface Routing {
  /**
   * What peers hold under a key, as it comes in. Ends when the lookup is exhausted, and quietly when the
   * signal aborts; the same peer may answer more than once.
   */
  get(key: Uint8Array, options: RoutingGetOptions): AsyncIterable<RoutingAnswer>

  /**
   * Gives a value to the peers closest to the key. Resolves with no acks where nobody took it or nobody is
   * there, and with the acks so far when the signal aborts.
   */
  put(key: Uint8Array, value: Uint8Array, options: RoutingPutOptions): Promise<RoutingPut>

  /** Gives a value to one peer, which holds an older one. Resolves to whether it took the value. */
  send?(
    peer: string,
    key: Uint8Array,
    value: Uint8Array,
    options: { readonly signal: AbortSignal },
  ): Promise<boolean>

  /** The routings of which this one is made, where it is several in one. Each can be ahead of the others. */
  readonly each?: readonly Routing[]
}
