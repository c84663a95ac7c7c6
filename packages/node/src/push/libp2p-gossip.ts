import { type Fetch, type FetchComponents, fetch } from '@libp2p/fetch'
import { type GossipSub, type GossipSubComponents, TopicValidatorResult, gossipsub } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { MAX_RECORD_LENGTH } from '@signpost/core'
import { Allowances, type Rate } from './allowances.ts'
import { openSideBySide } from './gossip-internals.ts'
import { type Gossip, type GossipListener, MAX_TOPICS, type Reception } from './gossip.ts'

/** Octets of one frame of gossip; go-libp2p-pubsub sends no larger ones. */
const MAX_FRAME_LENGTH = 2 ** 20

/** What gossipsub counts for a topic of a peer: 1,024 octets, and its name. */
const TOPIC_COST = 1_024 + 86

/** What a host takes from one peer. */
export interface GossipRates {
  readonly messages: Rate
  /** Fetches that are answered. */
  readonly fetches: Rate
}

const RATES: GossipRates = {
  // An IPFS node says what it holds once a minute, in each topic: in all of them that is 15 a second.
  messages: { burst: 1_000, perSecond: 20 },
  // All topics at once when the peer comes, and then as good as none.
  fetches: { burst: 1_000, perSecond: 5 },
}
/** Messages for which one counts that no owner signed. */
const REJECTED_COST = 50
/** What a peer counts that has no messages left; gossipsub does not hear those below -80. */
const UNWELCOME_SCORE = -100

/** Fetches of one connection that are answered at a time. */
const FETCHES_AT_A_TIME = 32

const RESULTS: { readonly [Kind in Reception]: TopicValidatorResult } = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

interface Parts {
  readonly pubsub: GossipSub
  readonly fetch: Fetch
  readonly connections: GossipSubComponents['connectionManager']
}

/**
 * Gossip over gossipsub and libp2p's fetch protocol, as kubo and helia speak it for IPNS. Every message is signed by
 * the peer that first said it, and nothing is taken, kept or passed on in topics that this host has not joined.
 */
export class Libp2pGossip implements Gossip {
  /** What libp2p is to run. Anything else can be called once it does. */
  readonly services: {
    readonly pubsub: (components: GossipSubComponents) => GossipSub
    readonly fetch: (components: FetchComponents) => Fetch
  }
  private parts: Partial<Parts> = {}
  private listener: GossipListener | undefined
  private readonly now: () => number
  private readonly messages: Allowances
  private readonly fetches: Allowances

  /** @param now milliseconds of a clock that is never set. */
  constructor(rates: GossipRates = RATES, now: () => number = () => performance.now()) {
    this.now = now
    this.messages = new Allowances(rates.messages)
    this.fetches = new Allowances(rates.fetches)
    this.services = {
      pubsub: components => {
        const pubsub = gossipsub({
          // A peer that speaks floodsub would get what was never checked.
          fallbackToFloodsub: false,
          // Others fetch what they missed when they see that this host listens.
          allowPublishToZeroTopicPeers: true,
          // One message of a peer after the other, so that none can have many verified at once.
          awaitRpcHandler: true,
          awaitRpcMessageHandler: true,
          maxInboundDataLength: MAX_FRAME_LENGTH,
          maxOutboundBufferSize: MAX_FRAME_LENGTH,
          maxTopicBytesPerPeer: MAX_TOPICS * TOPIC_COST,
          // It would rewrite a peer's entry in the peer store for each topic.
          tagMeshPeers: false,
          dataTransform: {
            inboundTransform: (topic, data) => this.checked(topic, data),
            outboundTransform: (_topic, data) => data,
          },
          scoreParams: {
            appSpecificScore: peer => this.scoreOf(peer),
            appSpecificWeight: 1,
            // All nodes of one machine, or of one home, share an address.
            IPColocationFactorWeight: 0,
          },
        })(components)
        this.parts = { ...this.parts, pubsub, connections: components.connectionManager }
        return pubsub
      },
      fetch: components => {
        const service = fetch({ maxInboundStreams: FETCHES_AT_A_TIME })(this.metered(components))
        this.parts = { ...this.parts, fetch: service }
        return service
      },
    }
  }

  listen(listener: GossipListener): void {
    this.listener = listener
    this.part('fetch').registerLookupFunction('/ipns/', async key => listener.lookup(key))
    openSideBySide(this.part('pubsub'))
    this.part('pubsub').addEventListener('subscription-change', ({ detail }) => {
      for (const { topic, subscribe } of detail.subscriptions)
        if (subscribe && this.hasJoined(topic)) listener.joined(topic, detail.peerId.toString())
    })
  }

  join(topic: string): void {
    const pubsub = this.part('pubsub')
    pubsub.topicValidators.set(topic, async (peer, { data }) => this.receive(topic, data, peer))
    pubsub.subscribe(topic)
  }

  leave(topic: string): void {
    const pubsub = this.part('pubsub')
    pubsub.unsubscribe(topic)
    pubsub.topicValidators.delete(topic)
  }

  subscribers(topic: string): readonly string[] {
    return this.part('pubsub').getSubscribers(topic).map(String)
  }

  async publish(topic: string, data: Uint8Array): Promise<number> {
    const { recipients } = await this.part('pubsub').publish(topic, data)
    return recipients.length
  }

  async fetch(
    peer: string,
    key: Uint8Array,
    options: { readonly signal: AbortSignal },
  ): Promise<Uint8Array | undefined> {
    const peerId = peerIdFromString(peer)
    if (this.part('connections').getConnections(peerId).length === 0)
      throw new Error('the peer is not connected')
    const value = await this.part('fetch').fetch(peerId, key, options)
    // A peer may answer with megabytes: one octet more than a record can have is enough to refuse it.
    return value && Uint8Array.from(value.subarray(0, MAX_RECORD_LENGTH + 1))
  }

  private async receive(topic: string, data: Uint8Array, peer: PeerId): Promise<TopicValidatorResult> {
    const from = peer.toString()
    if (this.listener === undefined || !this.messages.take(from, this.now()))
      return TopicValidatorResult.Ignore
    const reception = await this.listener.message(topic, data, from)
    if (reception === 'reject') this.messages.charge(from, this.now(), REJECTED_COST)
    return RESULTS[reception]
  }

  /** Before gossipsub keeps anything of a message; what it throws away here is no offence. */
  private checked(topic: string, data: Uint8Array): Uint8Array {
    if (!this.hasJoined(topic)) throw new Error('nobody here listens in this topic')
    if (data.length > MAX_RECORD_LENGTH) throw new Error('the message is longer than a signed record can be')
    return data
  }

  private hasJoined(topic: string): boolean {
    return this.part('pubsub').topicValidators.has(topic)
  }

  private scoreOf(peer: string): number {
    return this.messages.isSpent(peer, this.now()) ? UNWELCOME_SCORE : 0
  }

  /** libp2p tells a lookup what is asked for, and not by whom. */
  private metered({ registrar, connectionManager }: FetchComponents): FetchComponents {
    const metered = Object.create(registrar) as typeof registrar
    metered.handle = async (protocol, handler, options) =>
      registrar.handle(
        protocol,
        async (stream, connection) => {
          if (this.fetches.take(connection.remotePeer.toString(), this.now()))
            await handler(stream, connection)
          else stream.abort(new Error('this peer has asked for enough'))
        },
        options,
      )
    return { registrar: metered, connectionManager }
  }

  private part<Name extends keyof Parts>(name: Name): Parts[Name] {
    const part = this.parts[name]
    if (part === undefined) throw new TypeError(`libp2p did not make the service ${name}`)
    return part
  }
}
