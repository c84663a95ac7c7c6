import { signerFromSeed, zoneIdOf } from '@signpost/core'
import { beforeEach, expect, test } from 'vitest'
import { DAY, MINUTE, NOW, SteppedClock, createOwner, quiet } from '../engine.test-support.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { Listener, createListeners } from './push.test-support.ts'
import { MAX_TOPICS } from './gossip.ts'
import { topicOf } from './topic.ts'

const owner = createOwner()
const stranger = createOwner(2)
const topic = topicOf(owner.zoneId)
const [first, second, third] = [await owner.sign(1), await owner.sign(2), await owner.sign(3)]

let clock: SteppedClock
let publisher: Listener
let follower: Listener
let other: Listener

beforeEach(() => {
  clock = new SteppedClock()
  ;[publisher, follower, other] = createListeners(clock, 'publisher', 'follower', 'other') as [
    Listener,
    Listener,
    Listener,
  ]
})

/** Lets what was said arrive, and nothing be repeated. */
async function aMoment(): Promise<void> {
  await clock.pass(100)
}

/** As if a peer had said it, whether or not it would. */
async function tell(listener: Listener, data: Uint8Array, from = 'somebody'): Promise<unknown> {
  const reception = await listener.gossip.hear(`${from} ${Math.random()}`, topic, data, from)
  await aMoment()
  return reception
}

test('what an owner publishes is at the followers at once, and one event there', async () => {
  await follower.follow(owner)
  await other.follow(owner)
  await publisher.put(first)
  await aMoment()
  expect(follower.news).toMatchObject([{ record: { sequence: 1 }, peer: 'publisher' }])
  expect(await follower.store.get(owner.zoneId)).toMatchObject({ confirmedAt: undefined })
  await publisher.put(second)
  await aMoment()
  expect(follower.news.map(({ record }) => record.sequence)).toEqual([1, 2])
  // It came from the publisher and from the other follower, too.
  expect(other.news.map(({ record }) => record.sequence)).toEqual([1, 2])
})

test('followers pass news on to those who do not know the publisher', async () => {
  const far = new Listener('far', clock)
  far.gossip.link(follower.gossip)
  await follower.follow(owner)
  await far.follow(owner)
  await publisher.put(first)
  await clock.pass(250)
  expect(far.news).toMatchObject([{ record: { sequence: 1 }, peer: 'follower' }])
})

test('who begins to listen fetches what stands from those who have it', async () => {
  await publisher.put(second)
  await aMoment()
  await follower.follow(owner)
  await aMoment()
  expect(follower.news).toMatchObject([{ record: { sequence: 2 }, peer: 'publisher' }])
})

test('who was given nothing asks again', async () => {
  publisher.gossip.broken = true
  publisher.gossip.frozen = true
  await publisher.put(second)
  await follower.follow(owner)
  await clock.pass(10_000)
  publisher.gossip.frozen = false
  expect(await follower.sequence(owner)).toBeUndefined()
  await clock.pass(MINUTE)
  expect(await follower.sequence(owner)).toBe(2)
})

test('who has news when it comes is asked for it by those who listen already', async () => {
  await follower.follow(owner)
  const late = new Listener('late', clock)
  await late.put(second)
  await aMoment()
  late.gossip.link(follower.gossip)
  await aMoment()
  expect(follower.news).toMatchObject([{ record: { sequence: 2 }, peer: 'late' }])
})

test('what was fetched is said to those who missed it too', async () => {
  await follower.follow(owner)
  await other.follow(owner)
  const late = new Listener('late', clock)
  await late.put(second)
  late.gossip.link(follower.gossip)
  await quiet()
  expect(await follower.sequence(owner)).toBe(2)
  expect(await other.sequence(owner)).toBeUndefined()
  await clock.pass(250)
  expect(other.news).toMatchObject([{ record: { sequence: 2 }, peer: 'follower' }])
})

test('what is known or older is not passed on, and makes nothing fresh', async () => {
  await follower.follow(owner)
  await follower.store.put(second, { confirmedAt: NOW - MINUTE })
  await tell(follower, second.bytes)
  expect(await tell(follower, second.bytes)).toBe('ignore')
  expect(await tell(follower, first.bytes)).toBe('ignore')
  expect(await follower.store.get(owner.zoneId)).toMatchObject({
    record: { sequence: 2 },
    confirmedAt: NOW - MINUTE,
  })
  expect(follower.news).toEqual([])
  expect(await tell(follower, third.bytes)).toBe('accept')
})

test('what its owner did not sign is rejected, and not kept', async () => {
  await follower.follow(owner)
  const forged = await stranger.sign(9)
  const tampered = Uint8Array.from(first.bytes).fill(0, 20, 30)
  for (const octets of [forged.bytes, tampered, new Uint8Array(0), new Uint8Array(20_000)])
    expect(await tell(follower, octets)).toBe('reject')
  expect(follower.refused.map(({ way, peer, reason }) => [way, peer, reason])).toEqual([
    ['news', 'somebody', 'forged'],
    ['news', 'somebody', 'forged'],
    ['news', 'somebody', 'malformed'],
    ['news', 'somebody', 'oversized'],
  ])
  expect(await follower.sequence(owner)).toBeUndefined()
})

test('what a peer gives when it is asked is verified as well', async () => {
  await other.follow(owner)
  const { bytes } = await stranger.sign(9)
  other.gossip.listener = { ...other.gossip.listener!, lookup: async () => bytes }
  await follower.follow(owner)
  await aMoment()
  expect(follower.refused).toMatchObject([{ way: 'answer', peer: 'other', reason: 'forged' }])
  expect(await follower.sequence(owner)).toBeUndefined()
})

test('a record that is over is neither passed on nor blamed on anybody', async () => {
  await follower.follow(owner)
  expect(await tell(follower, (await owner.sign(4, { expiresAt: NOW - 1 })).bytes)).toBe('ignore')
  expect(await follower.sequence(owner)).toBeUndefined()
})

test('a record that this node has is over as well, and does not keep it from asking for what stands', async () => {
  const short = await owner.sign(1, { expiresAt: NOW + 10 * MINUTE })
  await follower.store.put(short, { confirmedAt: NOW })
  await follower.follow(owner)
  await clock.pass(60 * MINUTE)
  // One that has something newer, and no word of it came.
  const silent = new Listener('silent', clock)
  silent.gossip.broken = true
  silent.gossip.frozen = true
  await silent.put(second)
  silent.gossip.link(follower.gossip)
  await clock.pass(5_000)
  silent.gossip.frozen = false
  for (let minute = 0; minute < 20; minute++) {
    expect(await tell(follower, short.bytes)).toBe('ignore')
    await clock.pass(MINUTE)
  }
  expect(await follower.sequence(owner)).toBe(2)
  expect(follower.gossip.heard.filter(({ reception }) => reception === 'accept')).toEqual([])
})

test('two records with one sequence are evidence, also where the second loses', async () => {
  const rivals = [second, await owner.sign(2, { text: 'signed twice' })]
  for (const [held, said] of [rivals, rivals.toReversed()] as [typeof first, typeof first][]) {
    const listener = new Listener('listener', clock)
    await listener.follow(owner)
    await listener.store.put(held, { confirmedAt: NOW })
    await tell(listener, said.bytes)
    expect(listener.conflicts).toHaveLength(1)
    expect(await listener.store.evidence(owner.zoneId)).toHaveLength(1)
  }
})

test('only zones that a node listens for are given to those who ask', async () => {
  await follower.store.put(first, { confirmedAt: NOW })
  const ask = async (): Promise<unknown> => follower.gossip.listener?.lookup(owner.routingKey)
  expect(await ask()).toBeUndefined()
  await follower.follow(owner)
  expect(await ask()).toEqual(first.bytes)
  follower.push.unwatch(owner.zoneId)
  expect(await ask()).toBeUndefined()
  expect(await follower.gossip.listener?.lookup(new TextEncoder().encode('/ipns/nonsense'))).toBeUndefined()
})

test('what only the DHT of a node keeps is given to those who ask, and nothing older is passed on', async () => {
  follower.remembered = { newer: second, floor: 2 }
  await follower.follow(owner)
  expect(await follower.gossip.listener?.lookup(owner.routingKey)).toEqual(second.bytes)
  expect(await tell(follower, first.bytes)).toBe('ignore')
})

test('a record that is over is not given to those who ask', async () => {
  await follower.follow(owner)
  await follower.store.put(first, { confirmedAt: NOW })
  await clock.pass(31 * DAY)
  expect(await follower.gossip.listener?.lookup(owner.routingKey)).toBeUndefined()
})

test('a node that no longer follows a zone hears nothing of it', async () => {
  await follower.follow(owner)
  await follower.unfollow(owner)
  expect(await follower.gossip.listener?.message(topic, first.bytes, 'somebody')).toBe('ignore')
  await publisher.put(first)
  await aMoment()
  expect(await follower.sequence(owner)).toBeUndefined()
  expect(follower.gossip.topics.size).toBe(0)
})

test('an own zone is listened for whether or not it is followed', async () => {
  await publisher.put(first)
  await publisher.follow(owner)
  await publisher.unfollow(owner)
  await other.follow(owner)
  await tell(other, second.bytes)
  expect(await publisher.sequence(owner)).toBe(2)
})

test('those who listen for a zone are looked for, and find this node, for as long as it listens', async () => {
  await publisher.put(first)
  await clock.pass(1_000)
  expect(publisher.rendezvous.searches).toEqual([{ topic, count: 4 }])
  expect(publisher.rendezvous.foundBy).toContain(topic)
  await follower.follow(owner)
  await follower.unfollow(owner)
  await clock.pass(1_000)
  expect(follower.rendezvous.searches).toEqual([])
  expect(follower.rendezvous.foundBy).not.toContain(topic)
})

test('a node listens for no more zones than peers remember of it', async () => {
  const zones = Array.from({ length: MAX_TOPICS + 1 }, (_, at) => {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint16(0, at)
    return zoneIdOf(signerFromSeed(seed).publicKey)
  })
  for (const zoneId of zones) follower.push.watch(zoneId)
  expect(follower.push.watched).toBe(MAX_TOPICS)
  expect(follower.gossip.topics.size).toBe(MAX_TOPICS)
  follower.push.unwatch(zones[0]!)
  follower.push.watch(zones.at(-1)!)
  expect(follower.gossip.topics).toContain(topicOf(zones.at(-1)!))
})

test('an own zone is told to those who listen, however many are followed, and who waits for a place gets one', async () => {
  const owners = Array.from({ length: MAX_TOPICS + 1 }, (_, at) => createOwner(at + 300))
  for (const each of owners) await publisher.follow(each)
  const [topicOfLast, topicWaiting] = owners.slice(-2).map(({ zoneId }) => topicOf(zoneId)) as [
    string,
    string,
  ]
  expect(publisher.gossip.topics).not.toContain(topicWaiting)
  await follower.follow(owner)
  await publisher.put(first)
  await aMoment()
  expect(await follower.sequence(owner)).toBe(1)
  expect(publisher.gossip.topics.size).toBe(MAX_TOPICS)
  expect(publisher.gossip.topics).not.toContain(topicOfLast)
  await clock.pass(MINUTE)
  expect(publisher.rendezvous.foundBy).not.toContain(topicOfLast)

  await publisher.unfollow(owners[0]!)
  expect(publisher.gossip.topics).toContain(topicOfLast)
  expect(publisher.gossip.topics).not.toContain(topicWaiting)
  await publisher.unfollow(owners[1]!)
  expect(publisher.gossip.topics).toContain(topicWaiting)
})

test('an own zone for which there is no place among own ones is neither looked for nor said to be here', async () => {
  for (let at = 0; at < MAX_TOPICS; at++) publisher.push.watch(createOwner(at + 300).zoneId, true)
  await publisher.put(first)
  await clock.pass(2 * 60 * MINUTE)
  expect(publisher.gossip.topics).not.toContain(topic)
  expect(publisher.rendezvous.searches.map(search => search.topic)).not.toContain(topic)
  expect(publisher.rendezvous.foundBy).not.toContain(topic)
})

test('what came another way is passed on once, since others wait for it from here', async () => {
  await follower.follow(owner)
  await follower.store.put(second, { confirmedAt: NOW })
  expect(await tell(follower, second.bytes)).toBe('accept')
  expect(await tell(follower, second.bytes, 'somebody else')).toBe('ignore')
})

test('a disk that fails keeps no news from others', async () => {
  const store = new MemoryStore()
  const listener = new Listener('listener', clock, store)
  await listener.follow(owner)
  store.put = async () => {
    throw new Error('the disk is full')
  }
  expect(await tell(listener, first.bytes)).toBe('accept')
  expect(await tell(listener, first.bytes)).toBe('ignore')
})

test('a network that fails stops no publisher', async () => {
  publisher.gossip.broken = true
  await follower.follow(owner)
  await publisher.put(first)
  await aMoment()
  publisher.gossip.broken = false
  await publisher.put(second)
  await aMoment()
  expect(await follower.sequence(owner)).toBe(2)
})

test('a node that stops says and asks nothing any more', async () => {
  await publisher.put(first)
  await publisher.push.stop()
  await follower.push.stop()
  await clock.pass(DAY)
  expect(publisher.gossip.published).toBe(0)
  expect(clock.pending).toBe(0)
  await follower.follow(owner)
  await clock.pass(DAY)
  expect(publisher.gossip.fetched).toEqual([])
})
