import { expect, test } from 'vitest'
import { MINUTE, NOW, SteppedClock, createOwner } from '../engine.test-support.ts'
import type { NodeEventName } from '../events.ts'
import { silentLogger } from '../logger.ts'
import { MemoryStore } from './memory-store.ts'
import { ReceivedRecords } from './received-records.ts'

const owner = createOwner()
const { zoneId } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]

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
    received: new ReceivedRecords({ store, clock, emit, logger: silentLogger }),
  }
}

test('a newer record of a known zone is taken', async () => {
  const { store, received, clock, events } = await createReceiver()
  received.take(second)
  await received.settled()
  expect(await store.get(zoneId)).toMatchObject({ record: { sequence: 2 }, confirmedAt: clock.now() })
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
  expect(await store.get(followed.zoneId)).toMatchObject({ record: { sequence: 1 } })
  expect(events).toEqual(['record'])
})
