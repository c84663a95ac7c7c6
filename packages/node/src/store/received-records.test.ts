import { type SignedRecord, decodeRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import {
  type Engine,
  MINUTE,
  NOW,
  SteppedClock,
  createEngine,
  createOwner,
  quiet,
  sequenceOf,
} from '../engine.test-support.ts'
import type { NodeEventName } from '../events.ts'
import { silentLogger } from '../logger.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { HeldRecords } from './held-records.ts'
import { MemoryStore } from './memory-store.ts'
import { ReceivedRecords } from './received-records.ts'
import type { Store } from './store.ts'

const owner = createOwner()
const { zoneId } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]

function receiverOf(
  store: Store,
  clock: SteppedClock,
  emit: (name: NodeEventName) => void = () => {},
): ReceivedRecords {
  const held = new HeldRecords(store, createSteppedVerifier(), silentLogger)
  return new ReceivedRecords({ store, held, clock, emit, logger: silentLogger })
}

async function createReceiver(): Promise<{
  store: MemoryStore
  received: ReceivedRecords
  clock: SteppedClock
  events: NodeEventName[]
}> {
  const [store, clock, events] = [new MemoryStore(), new SteppedClock(), [] as NodeEventName[]]
  const emit = (name: NodeEventName): void => {
    events.push(name)
  }
  await store.put(first, { confirmedAt: NOW })
  await clock.pass(10 * MINUTE)
  return {
    store,
    clock,
    events,
    received: receiverOf(store, clock, emit),
  }
}

test('a newer record of a known zone is taken, and is as new as what it replaces', async () => {
  const { store, received, events } = await createReceiver()
  received.take(second)
  await received.settled()
  expect(await store.get(zoneId)).toMatchObject({ record: { sequence: 2 }, confirmedAt: NOW })
  expect(events).toEqual(['record'])
})

test('a copy does not become fresh because somebody puts it again', async () => {
  const { store, received, events } = await createReceiver()
  received.take(first)
  await received.settled()
  expect(await store.get(zoneId)).toMatchObject({ record: { sequence: 1 }, confirmedAt: NOW })
  expect(events).toEqual([])
})

test('two records with one sequence are evidence, whoever brings the second', async () => {
  const { store, received, events } = await createReceiver()
  received.take(await owner.sign(1, { text: 'another' }))
  await received.settled()
  expect(await store.evidence(zoneId)).toHaveLength(1)
  expect(events).toContain('equivocation')
})

test('a zone that nobody here asked for stays out', async () => {
  const { store, received } = await createReceiver()
  const stranger = createOwner(2)
  received.take(await stranger.sign(1))
  await received.settled()
  expect(await store.get(stranger.zoneId)).toBeUndefined()
})

test('the first record of a followed zone is taken, whoever brings it', async () => {
  const { store, received, events } = await createReceiver()
  const followed = createOwner(2)
  await store.follow(followed.zoneId, NOW)
  received.take(await followed.sign(1))
  await received.settled()
  expect(await store.get(followed.zoneId)).toMatchObject({ record: { sequence: 1 }, confirmedAt: undefined })
  expect(events).toEqual(['record'])
})

test('a record that the disk damaged contradicts nothing', async () => {
  const { store, received, events } = await createReceiver()
  await store.follow(zoneId, NOW)
  await store.put(damagedCopy(second), { confirmedAt: NOW })
  received.take(second)
  await received.settled()
  expect(await store.evidence(zoneId)).toEqual([])
  expect(events).toEqual(['record'])
  expect((await store.get(zoneId))?.record).toEqual(second)
})

/** It reads like a record with the same sequence and other contents, which nobody signed. */
function damagedCopy({ bytes, data, sequence }: SignedRecord): SignedRecord {
  for (const at of bytes.keys())
    try {
      const copy = decodeRecord(zoneId, bytes.with(at, (bytes[at] ?? 0) ^ 1))
      if (copy.sequence === sequence && Buffer.compare(copy.data, data) !== 0) return copy
    } catch {
      // No record at all.
    }
  throw new Error('no damage leaves a record')
}

/** A node that has the first of many records, all of its peers having the last, and what strangers bring it. */
async function createBehind(): Promise<{ engine: Engine; received: ReceivedRecords }> {
  const engine = createEngine()
  await engine.store.put(first, { confirmedAt: NOW })
  const last = await owner.sign(40)
  for (let peer = 0; peer < 5; peer++) engine.network.add().hold(owner.routingKey, last.bytes)
  return { engine, received: receiverOf(engine.store, engine.clock) }
}

test('news is answered at once, without a lookup, for as long as what it replaces would have been', async () => {
  const { engine, received } = await createBehind()
  await engine.clock.pass(MINUTE)
  await received.offer(second, 'a peer')
  expect(await engine.resolve(zoneId)).toMatchObject({
    record: { sequence: 2 },
    freshness: 'fresh',
    confirmedAt: NOW,
    provenance: { source: 'disk' },
  })
  await engine.clock.pass(4 * MINUTE)
  expect(await engine.resolve(zoneId, { policy: 'cache-only' })).toMatchObject({
    record: { sequence: 2 },
    freshness: 'stale',
  })
  expect(sequenceOf(await engine.resolve(zoneId))).toBe(40)
})

test('news of a followed zone of which nothing was here is answered, and the network asked', async () => {
  const engine = createEngine()
  await engine.store.follow(zoneId, NOW)
  await receiverOf(engine.store, engine.clock).offer(first, 'a peer')
  expect(await engine.resolve(zoneId, { policy: 'cache-only' })).toMatchObject({
    record: { sequence: 1 },
    freshness: 'stale',
    confirmedAt: undefined,
  })
  engine.network.add().hold(owner.routingKey, second.bytes)
  expect(sequenceOf(await engine.resolve(zoneId))).toBe(2)
})

test('news that comes when the copy is stale is answered, also where all peers still have what it replaces', async () => {
  const engine = createEngine()
  await engine.store.put(first, { confirmedAt: NOW })
  for (let peer = 0; peer < 5; peer++) engine.network.add().hold(owner.routingKey, first.bytes)
  await engine.clock.pass(10 * MINUTE)
  await receiverOf(engine.store, engine.clock).offer(second, 'a peer')
  expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 2 }, freshness: 'stale' })
})

test('who brings saved records one after the other does not keep the owner’s news away', async () => {
  const { engine, received } = await createBehind()
  const answers: (number | string)[] = []
  for (let sequence = 2; sequence < 8; sequence++) {
    await engine.clock.pass(4 * MINUTE)
    await received.offer(await owner.sign(sequence), 'a stranger')
    answers.push(sequenceOf(await engine.resolve(zoneId)))
    await quiet()
  }
  // A copy is fresh for five minutes.
  expect(answers).toEqual([2, 40, 40, 40, 40, 40])
})
