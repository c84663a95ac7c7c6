import { beforeEach, expect, test } from 'vitest'
import { MINUTE, NOW, SteppedClock, createOwner } from '../engine.test-support.ts'
import { type Listener, createListeners } from './push.test-support.ts'
import { topicOf } from './topic.ts'

const owner = createOwner()
const [first, second] = [await owner.sign(1), await owner.sign(2)]

let clock: SteppedClock
let publisher: Listener
let follower: Listener

beforeEach(() => {
  clock = new SteppedClock()
  ;[publisher, follower] = createListeners(clock, 'publisher', 'follower') as [Listener, Listener]
})

test('many zones that are published at once are said one after the other, with a pause between', async () => {
  const times: number[] = []
  const say = publisher.gossip.publish.bind(publisher.gossip)
  publisher.gossip.publish = async (...message) => {
    times.push(clock.now())
    return say(...message)
  }
  const owners = Array.from({ length: 100 }, (_, at) => createOwner(at + 1))
  for (const owner of owners) await follower.follow(owner)
  await Promise.all(owners.map(async owner => publisher.put(await owner.sign(1))))
  await clock.pass(10_000)
  expect(times).toHaveLength(100)
  const pauses = times.slice(1).map((time, at) => time - times[at]!)
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(20)
  expect(await Promise.all(owners.map(owner => follower.sequence(owner)))).toEqual(owners.map(() => 1))
})

test('of several versions that are published while others have their turn, the last one is said, once', async () => {
  await follower.follow(owner)
  await Promise.all([publisher.put(first), publisher.put(second)])
  await clock.pass(1_000)
  expect(follower.gossip.heard).toHaveLength(1)
  expect(await follower.sequence(owner)).toBe(2)
})

test('what nobody says for a while is said again, by one for all', async () => {
  await follower.follow(owner)
  await publisher.put(first)
  await clock.pass(5 * MINUTE)
  expect(publisher.gossip.published + follower.gossip.published).toBe(1)
  await clock.pass(60 * MINUTE)
  const said = publisher.gossip.published + follower.gossip.published
  expect(said).toBeGreaterThanOrEqual(5)
  expect(said).toBeLessThanOrEqual(9)
})

test('where others say it all the time, this node says nothing', async () => {
  await publisher.put(first)
  await clock.pass(1_000)
  for (let minute = 0; minute < 60; minute++) {
    await publisher.gossip.hear(`ipfs ${minute}`, topicOf(owner.zoneId), first.bytes, 'ipfs')
    await clock.pass(MINUTE)
  }
  expect(publisher.gossip.published).toBe(1)
})

test('who says what was replaced is told what stands, but not as often as it pleases', async () => {
  await publisher.put(second)
  await clock.pass(MINUTE)
  expect(publisher.gossip.published).toBe(1)
  const sayOld = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++)
      await publisher.gossip.hear(`${clock.now()} ${time}`, topicOf(owner.zoneId), first.bytes, 'ipfs')
  }
  await sayOld(100)
  await clock.pass(1_000)
  expect(publisher.gossip.published).toBe(2)
  for (let second = 0; second < 60; second++) {
    await sayOld(5)
    await clock.pass(1_000)
  }
  expect(publisher.gossip.published).toBeLessThanOrEqual(8)
})

test('who was away says what it has, and is told what it missed', async () => {
  await publisher.follow(owner)
  await follower.follow(owner)
  await publisher.store.put(second, { confirmedAt: NOW })
  await follower.store.put(first, { confirmedAt: NOW })
  await clock.pass(MINUTE)
  expect(await follower.sequence(owner)).toBe(2)
})

test('a forged message does not keep this node quiet', async () => {
  const stranger = createOwner(2)
  await publisher.put(first)
  for (let minute = 0; minute < 30; minute++) {
    const { bytes } = await stranger.sign(minute)
    await publisher.gossip.hear(`stranger ${minute}`, topicOf(owner.zoneId), bytes, 'stranger')
    await clock.pass(MINUTE)
  }
  expect(publisher.gossip.published).toBeGreaterThanOrEqual(3)
})
