/** Who took what was published, and how long it took, in milliseconds. */
export interface Publication {
  readonly time: number
  readonly acks: number
}

/** A client that is connected with the network and holds nothing. */
export interface Reader extends AsyncDisposable {
  /** Milliseconds until a name is answered, by its place among what was published. */
  resolve(at: number): Promise<number>
}

/** A network of peers on loopback, of one make. Peers are named by their place; the first three are the bootstraps. */
export interface Contender extends AsyncDisposable {
  readonly what: string
  /** Publishes a new name from a peer. */
  publish(from: number): Promise<Publication>
  /** A new reader that has met the network. */
  join(): Promise<Reader>
  /** From now on these peers take requests and answer none; their connections stay open. */
  freeze(from: number, to: number): Promise<void>
  stop(from: number, to: number): Promise<void>
}
