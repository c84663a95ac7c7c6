// Gossip without a network, for tests: who is linked hears each other at once.
import type { Gossip, GossipListener, Reception } from './gossip.ts'

export interface HeardMessage {
  readonly topic: string
  readonly data: Uint8Array
  readonly from: string
  readonly reception: Reception
}

/** One peer of a simulated network. What it accepts it passes on to its neighbours, as gossipsub does. */
export class MemoryGossip implements Gossip {
  readonly name: string
  /** Every message that came, and what became of it. */
  readonly heard: HeardMessage[] = []
  /** Asked by others, in order. */
  readonly fetched: { readonly peer: string; readonly key: Uint8Array }[] = []
  /** Messages of this peer's own. */
  published = 0
  readonly topics = new Set<string>()
  listener: GossipListener | undefined
  /** Set to take requests and answer none. */
  frozen = false
  /** Set to fail all that this peer says. */
  broken = false
  private readonly neighbours: MemoryGossip[] = []
  private readonly seen = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  /** Connects two peers, which then tell each other what they listen in. */
  link(other: MemoryGossip): void {
    this.neighbours.push(other)
    other.neighbours.push(this)
    for (const topic of this.topics) other.noteJoined(topic, this)
    for (const topic of other.topics) this.noteJoined(topic, other)
  }

  listen(listener: GossipListener): void {
    this.listener = listener
  }

  join(topic: string): void {
    this.topics.add(topic)
    for (const neighbour of this.neighbours) neighbour.noteJoined(topic, this)
  }

  leave(topic: string): void {
    this.topics.delete(topic)
  }

  subscribers(topic: string): readonly string[] {
    return this.neighbours.filter(({ topics }) => topics.has(topic)).map(({ name }) => name)
  }

  async publish(topic: string, data: Uint8Array): Promise<number> {
    if (this.broken) throw new Error('the network is down')
    const id = `${this.name} ${this.published++}`
    this.seen.add(id)
    const to = this.neighbours.filter(({ topics }) => topics.has(topic))
    await Promise.all(to.map(neighbour => neighbour.hear(id, topic, data, this.name)))
    return to.length
  }

  async fetch(
    peer: string,
    key: Uint8Array,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Uint8Array | undefined> {
    const neighbour = this.neighbours.find(({ name }) => name === peer)
    if (neighbour === undefined) throw new Error('the peer is not connected')
    neighbour.fetched.push({ peer: this.name, key })
    if (!neighbour.frozen) return neighbour.listener?.lookup(key)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  }

  /** As if a neighbour had said it. */
  async hear(id: string, topic: string, data: Uint8Array, from: string): Promise<Reception> {
    if (this.seen.has(id) || !this.topics.has(topic)) return 'ignore'
    this.seen.add(id)
    const reception = (await this.listener?.message(topic, data, from)) ?? 'ignore'
    this.heard.push({ topic, data, from, reception })
    if (reception !== 'accept') return reception
    const to = this.neighbours.filter(({ name, topics }) => name !== from && topics.has(topic))
    await Promise.all(to.map(neighbour => neighbour.hear(id, topic, data, this.name)))
    return reception
  }

  private noteJoined(topic: string, peer: MemoryGossip): void {
    if (this.topics.has(topic)) this.listener?.joined(topic, peer.name)
  }
}
