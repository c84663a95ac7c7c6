import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type GossipSub, type GossipsubOpts, gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { MAX_RECORD_LENGTH } from '@signpost/core'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_TOPICS, type Reception } from './gossip.ts'
import { type GossipRates, Libp2pGossip } from './libp2p-gossip.ts'

const topic = '/record/test'
const otherTopic = (n: number): string => `/record/${String(n).padStart(78, '0')}`
const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Heard {
  readonly text: string
  readonly topic: string
  readonly from: string
}

/** A host with our gossip, and what it heard. Messages are accepted unless they say what else to do with them. */
class Peer {
  readonly gossip: Libp2pGossip
  readonly heard: Heard[] = []
  readonly joins: { readonly topic: string; readonly peer: string }[] = []
  readonly asked: string[] = []
  value: Uint8Array | undefined
  private readonly waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = []
  readonly libp2p: Libp2p

  private constructor(libp2p: Libp2p, gossip: Libp2pGossip) {
    this.libp2p = libp2p
    this.gossip = gossip
    gossip.listen({
      message: async (topic, data, from) => {
        const text = new TextDecoder().decode(data)
        this.note(() => this.heard.push({ text, topic, from }))
        const [word] = text.split(' ')
        return word === 'ignore' || word === 'reject' ? (word satisfies Reception) : 'accept'
      },
      joined: (topic, peer) => {
        this.note(() => this.joins.push({ topic, peer }))
      },
      lookup: async key => {
        this.asked.push(new TextDecoder().decode(key))
        return this.value
      },
    })
  }

  static async start(rates?: GossipRates, now?: () => number): Promise<Peer> {
    const gossip = new Libp2pGossip(rates, now)
    const peer = new Peer(await startLibp2p(gossip.services), gossip)
    started.push(peer.libp2p)
    return peer
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  get texts(): string[] {
    return this.heard.map(({ text }) => text)
  }

  /** Resolves when something holds, which is looked at whenever something was heard. */
  async until(done: () => boolean): Promise<void> {
    if (!done()) await new Promise<void>(resolve => this.waiting.push({ done, resolve }))
  }

  private note(what: () => unknown): void {
    what()
    for (const { done, resolve } of this.waiting) if (done()) resolve()
  }
}

async function startLibp2p(services: object): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
    services: { identify: identify(), ...services },
  })
}

type Stranger = Libp2p<{ pubsub: GossipSub }>

/** A peer that keeps to no rule of ours. */
async function startStranger(options: Partial<GossipsubOpts> = {}): Promise<Stranger> {
  const libp2p = await startLibp2p({
    pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, ...options }),
  })
  started.push(libp2p)
  return libp2p as Stranger
}

/** Connects two peers that listen, and resolves when they know it of each other. */
async function link(one: Peer, other: Peer): Promise<void> {
  await one.libp2p.dial(other.libp2p.getMultiaddrs())
  await one.until(() => one.gossip.subscribers(topic).includes(other.id))
  await other.until(() => other.gossip.subscribers(topic).includes(one.id))
}

/** Connects a stranger, and resolves when each knows in which topics the other listens. */
async function linkStranger(stranger: Stranger, peer: Peer): Promise<void> {
  const { pubsub } = stranger.services
  const known = once(pubsub, 'subscription-change')
  pubsub.subscribe(topic)
  await stranger.dial(peer.libp2p.getMultiaddrs())
  await known
  await peer.until(() => peer.joins.some(({ peer }) => peer === stranger.peerId.toString()))
}

async function once(pubsub: GossipSub, event: 'subscription-change'): Promise<void> {
  return new Promise(resolve => {
    pubsub.addEventListener(event, () => resolve(), { once: true })
  })
}

const started: Libp2p[] = []
let near: Peer
let far: Peer

beforeEach(async () => {
  ;[near, far] = await Promise.all([Peer.start(), Peer.start()])
  near.gossip.join(topic)
  far.gossip.join(topic)
  await link(near, far)
})

afterEach(async () => {
  await Promise.all(
    started.splice(0).map(async libp2p => {
      await libp2p.stop()
    }),
  )
})

test('what is accepted goes on to those who do not know its author, and nothing else does', async () => {
  const author = await Peer.start()
  author.gossip.join(topic)
  await link(author, near)
  for (const text of ['ignore this', 'reject this', 'hello']) await author.gossip.publish(topic, octets(text))
  await far.until(() => far.texts.includes('hello'))
  expect(near.texts).toEqual(['ignore this', 'reject this', 'hello'])
  expect(far.heard).toEqual([{ text: 'hello', topic, from: near.id }])
})

test('who comes to a topic is announced to those who listen in it, and only to them', async () => {
  const late = await Peer.start()
  late.gossip.join('/record/other')
  late.gossip.join(topic)
  await link(late, near)
  expect(near.joins).toEqual([
    { topic, peer: far.id },
    { topic, peer: late.id },
  ])
})

test('a peer is heard no longer once it has left a topic', async () => {
  near.gossip.leave(topic)
  far.gossip.join('/record/other')
  near.gossip.join('/record/other')
  await far.until(() => far.joins.some(({ topic }) => topic === '/record/other'))
  expect(far.gossip.subscribers(topic)).toEqual([])
  await far.gossip.publish(topic, octets('lost'))
  await far.gossip.publish('/record/other', octets('found'))
  await near.until(() => near.texts.includes('found'))
  expect(near.texts).toEqual(['found'])
})

test('what comes in a topic that nobody here joined is neither heard nor passed on', async () => {
  const stranger = await startStranger({ floodPublish: true })
  await linkStranger(stranger, near)
  // near says that it listens, as a peer that has just left does, and far does listen.
  const pubsub = pubsubOf(near)
  pubsub.subscribe('/record/left')
  far.gossip.join('/record/left')
  await once(stranger.services.pubsub, 'subscription-change')
  const { recipients } = await stranger.services.pubsub.publish('/record/left', octets('spam'))
  expect(recipients).toHaveLength(1)
  await stranger.services.pubsub.publish(topic, octets('hello'))
  await far.until(() => far.texts.includes('hello'))
  expect([...near.texts, ...far.texts]).toEqual(['hello', 'hello'])
  expect(pubsub.seenCache.size).toBe(1)
})

test.each<[what: string, Partial<GossipsubOpts>]>([
  ['messages without a signature', { globalSignaturePolicy: 'StrictNoSign' }],
  [
    'messages of which the signature is wrong',
    {
      dataTransform: { inboundTransform: (_topic, data) => data, outboundTransform: () => octets('forged') },
    },
  ],
])('%s are not heard', async (what, options) => {
  const stranger = await startStranger(options)
  await linkStranger(stranger, near)
  if (what.includes('wrong')) breakSignatures(stranger)
  await stranger.services.pubsub.publish(topic, octets('forged'))
  const honest = await startStranger()
  await linkStranger(honest, near)
  await honest.services.pubsub.publish(topic, octets('hello'))
  await near.until(() => near.texts.includes('hello'))
  expect(near.texts).toEqual(['hello'])
})

test('what flooding peers say is not even understood', () => {
  expect(near.libp2p.getProtocols().filter(protocol => /sub/.test(protocol))).toEqual([
    '/meshsub/1.0.0',
    '/meshsub/1.1.0',
    '/meshsub/1.2.0',
  ])
})

test('a message that is longer than a record can be is not heard', async () => {
  const stranger = await startStranger()
  await linkStranger(stranger, near)
  for (const length of [MAX_RECORD_LENGTH + 1, MAX_RECORD_LENGTH])
    await stranger.services.pubsub.publish(topic, new Uint8Array(length).fill(97))
  await far.until(() => far.heard.length > 0)
  expect(near.texts.map(({ length }) => length)).toEqual([MAX_RECORD_LENGTH])
})

test('a peer that goes on saying what nobody signed is heard no longer; others are', async () => {
  const slow: GossipRates = {
    messages: { burst: 1_000, perSecond: 0.001 },
    fetches: { burst: 1, perSecond: 1 },
  }
  const listener = await Peer.start(slow)
  listener.gossip.join(topic)
  const [bad, good] = [await startStranger(), await startStranger()]
  await linkStranger(bad, listener)
  await linkStranger(good, listener)
  for (let n = 0; n < 300; n++) await bad.services.pubsub.publish(topic, octets(`reject ${n}`))
  await listener.until(() => listener.texts.includes('reject 19'))
  for (let n = 0; n < 300; n++) await good.services.pubsub.publish(topic, octets(`ignore ${n}`))
  await good.services.pubsub.publish(topic, octets('good'))
  await listener.until(() => listener.texts.includes('good'))
  expect(listener.texts.filter(text => text.startsWith('reject'))).toHaveLength(20)
  // What gossipsub makes of it is renewed with every heartbeat: below -80 it looks at nothing that the peer sends.
  const pubsub = pubsubOf(listener)
  await heartbeat(pubsub)
  await heartbeat(pubsub)
  expect(pubsub.getScore(bad.peerId.toString())).toBeLessThan(-80)
  expect(pubsub.getScore(good.peerId.toString())).toBe(0)
})

test('what nobody signed costs its full price when a peer has little left', async () => {
  const rates: GossipRates = {
    messages: { burst: 50, perSecond: 20 },
    fetches: { burst: 1, perSecond: 1 },
  }
  let now = 0
  const listener = await Peer.start(rates, () => now)
  listener.gossip.join(topic)
  const [bad, good] = [await startStranger(), await startStranger()]
  await linkStranger(bad, listener)
  await linkStranger(good, listener)
  for (let n = 0; n < 49; n++) await bad.services.pubsub.publish(topic, octets(`ignore ${n}`))
  await bad.services.pubsub.publish(topic, octets('reject this'))
  await listener.until(() => listener.texts.includes('reject this'))
  // Enough for 20 messages, and not for the one that nobody signed.
  now += 1_000
  await heartbeat(pubsubOf(listener))
  await heartbeat(pubsubOf(listener))
  await bad.services.pubsub.publish(topic, octets('reject that'))
  await good.services.pubsub.publish(topic, octets('good'))
  await listener.until(() => listener.texts.includes('good'))
  expect(pubsubOf(listener).getScore(bad.peerId.toString())).toBeLessThan(-80)
  expect(listener.texts).not.toContain('reject that')
})

test('peers that share an address are all heard', async () => {
  const authors = await Promise.all(Array.from({ length: 14 }, async () => startStranger()))
  for (const author of authors) await linkStranger(author, near)
  for (const [n, author] of authors.entries()) await author.services.pubsub.publish(topic, octets(`${n}`))
  await near.until(() => near.heard.length === authors.length)
  expect(new Set(near.texts)).toEqual(new Set(authors.map((_, n) => String(n))))
})

test('a peer can listen in as many topics as a node has, and not make this one remember more', async () => {
  const stranger = await startStranger()
  await linkStranger(stranger, near)
  for (let n = 0; n < 2_000; n++) stranger.services.pubsub.subscribe(otherTopic(n))
  stranger.services.pubsub.unsubscribe(topic)
  stranger.services.pubsub.subscribe(topic)
  await near.until(() => near.joins.filter(({ peer }) => peer === stranger.peerId.toString()).length === 2)
  const known = Array.from({ length: 2_000 }, (_, n) => near.gossip.subscribers(otherTopic(n)).length)
  expect(known.reduce((sum, count) => sum + count)).toBe(MAX_TOPICS - 1)
  expect(known.slice(0, MAX_TOPICS - 1)).not.toContain(0)
})

test('what a peer has is fetched from it, up to the length of a record', async () => {
  const signal = AbortSignal.timeout(5_000)
  const fetchFrom = async (id: string): Promise<Uint8Array | undefined> =>
    near.gossip.fetch(id, octets('/ipns/key'), { signal })
  expect(await fetchFrom(far.id)).toBeUndefined()
  far.value = octets('value')
  expect(await fetchFrom(far.id)).toEqual(octets('value'))
  far.value = new Uint8Array(100_000)
  expect(await fetchFrom(far.id)).toHaveLength(MAX_RECORD_LENGTH + 1)
  expect(far.asked).toEqual(['/ipns/key', '/ipns/key', '/ipns/key'])
  const nobody = await Peer.start()
  await expect(fetchFrom(nobody.id)).rejects.toThrow('not connected')
})

test('a peer that asks all the time gets no answer any more; others do', async () => {
  const slow: GossipRates = { messages: { burst: 1, perSecond: 1 }, fetches: { burst: 20, perSecond: 0.001 } }
  const holder = await Peer.start(slow)
  holder.gossip.join(topic)
  holder.value = octets('value')
  await link(near, holder)
  await link(far, holder)
  const signal = AbortSignal.timeout(10_000)
  const ask = async (peer: Peer): Promise<unknown> =>
    peer.gossip.fetch(holder.id, octets('/ipns/key'), { signal })
  const answers = await Promise.allSettled(Array.from({ length: 30 }, async () => ask(near)))
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
  const [refused] = await Promise.allSettled([ask(near)])
  expect(refused.status).toBe('rejected')
  expect(await ask(far)).toEqual(octets('value'))
})

/** gossipsub's class, which has more than its interface. */
function pubsubOf({ libp2p }: Peer): GossipSub & {
  readonly seenCache: { readonly size: number }
  getScore(peer: string): number
} {
  return (libp2p.services as unknown as { pubsub: ReturnType<typeof pubsubOf> }).pubsub
}

async function heartbeat(pubsub: GossipSub): Promise<void> {
  return new Promise(resolve => {
    pubsub.addEventListener('gossipsub:heartbeat', () => resolve(), { once: true })
  })
}

function breakSignatures({ services: { pubsub } }: Stranger): void {
  const { publishConfig } = pubsub as unknown as { publishConfig: { privateKey: object } }
  publishConfig.privateKey = { sign: async () => new Uint8Array(64).fill(7) }
}
