/**
 * Topics in which a peer listens at most. Peers remember a little more than 900 of each other (gossipsub's default of
 * 1 MiB, which counts 1,024 octets and the name for a topic), and pass nothing on in the others without a word.
 */
export const MAX_TOPICS = 900

/**
 * What becomes of a message: `accept` passes it on; `ignore` does not, and the peer that brought it did nothing wrong;
 * `reject` counts against that peer.
 */
export type Reception = 'accept' | 'ignore' | 'reject'

/** What a node does with what its peers say. */
export interface GossipListener {
  /** A peer gave a message, unverified, in a topic that was joined. */
  message(topic: string, data: Uint8Array, from: string): Promise<Reception>
  /** A peer listens in a topic from now on. */
  joined(topic: string, peer: string): void
  /** What this node has under a routing key, for a peer that asks. */
  lookup(key: Uint8Array): Promise<Uint8Array | undefined>
}

/**
 * How messages go round among connected peers by topic, and how what one of them missed is fetched from another. Like
 * a routing it carries octets and judges nothing.
 */
export interface Gossip {
  /** Tells a listener what peers say from now on. There can be one. */
  listen(listener: GossipListener): void
  join(topic: string): void
  leave(topic: string): void
  /** Connected peers that listen in a topic. */
  subscribers(topic: string): readonly string[]
  /** Gives a message to those who listen in its topic; resolves to how many that were, which says nothing of receipt. */
  publish(topic: string, data: Uint8Array): Promise<number>
  /**
   * What a connected peer has under a routing key, unverified.
   * @throws where the peer does not answer.
   */
  fetch(
    peer: string,
    key: Uint8Array,
    options: { readonly signal: AbortSignal },
  ): Promise<Uint8Array | undefined>
}
