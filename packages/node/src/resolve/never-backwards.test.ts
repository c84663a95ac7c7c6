// What comes to a node from the side while it looks for a zone, or between two looks, and what a stranger can do.
import { Libp2pRecord } from '@libp2p/record'
import type { SignedRecord } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { expect, test } from 'vitest'
import { GuardedDatastore } from '../dht/guarded-datastore.ts'
import {
  DAY,
  type Engine,
  NOW,
  SteppedClock,
  createEngine,
  createOwner,
  failureOf,
  quiet,
  sequenceOf,
} from '../engine.test-support.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [third, fifth, ninth] = [await owner.sign(3), await owner.sign(5), await owner.sign(9)]
const filler = await createOwner(2).sign(1)
const key = new Key(`/dht/record/${base32.encode(routingKey).slice(1)}`)

/** A server's engine, and what anybody may do to its DHT. */
function createServer(): {
  engine: Engine
  clock: SteppedClock
  guard: GuardedDatastore
  strangerPuts: (record: SignedRecord) => Promise<void>
} {
  const clock = new SteppedClock()
  const verifier = createSteppedVerifier()
  const guard = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier,
    now: () => clock.now(),
  })
  return {
    engine: createEngine({ clock, memory: guard }),
    clock,
    guard,
    strangerPuts: async ({ bytes }) => {
      await guard.put(key, new Libp2pRecord(routingKey, bytes, new Date(clock.now())).serialize())
    },
  }
}

/** Puts a record and pushes it out of the store again, so that only its floor is left. */
async function seenAndEvicted(store: MemoryStore, record: SignedRecord): Promise<void> {
  await store.put(record, { confirmedAt: NOW })
  await store.put(filler, { confirmedAt: NOW })
  expect(await store.get(record.zoneId)).toBeUndefined()
}

test('a floor that rises while a lookup runs holds for its answer', async () => {
  const store = new MemoryStore({ records: 1 })
  const engine = createEngine({ store })
  const holder = engine.network.add()
  holder.hold(routingKey, fifth.bytes)
  const release = holder.pause()
  const resolving = engine.resolve(zoneId)
  await quiet()
  await seenAndEvicted(store, ninth)
  release()
  expect(await resolving).toMatchObject({ kind: 'invalid', error: { code: 'STALE_SEQUENCE', current: 9 } })
})

test('what reaches the own DHT while a lookup runs is better than what the lookup brings', async () => {
  const { engine, strangerPuts } = createServer()
  const holder = engine.network.add()
  holder.hold(routingKey, fifth.bytes)
  const release = holder.pause()
  const resolving = engine.resolve(zoneId)
  await quiet()
  await strangerPuts(ninth)
  release()
  expect(sequenceOf(await resolving)).toBe(9)
})

test('a caller that joins a lookup brings the floor that it knows', async () => {
  const { engine, guard, strangerPuts } = createServer()
  const holder = engine.network.add()
  holder.hold(routingKey, fifth.bytes)
  const release = holder.pause()
  const first = engine.resolve(zoneId)
  await quiet()
  await strangerPuts(ninth)
  // As a sweep does.
  await guard.delete(key)
  const second = engine.resolve(zoneId)
  await quiet()
  release()
  expect((await Promise.all([first, second])).map(({ kind }) => kind)).toEqual(['invalid', 'invalid'])
})

test('a copy that a lookup in vain left standing is not repeated once it is gone, nor called fresh', async () => {
  const store = new MemoryStore({ records: 1 })
  const engine = createEngine({ store })
  await store.put(fifth, { confirmedAt: NOW - 10 * DAY })
  engine.network.add('frozen')
  const first = engine.resolve(zoneId, { policy: 'network-first' })
  await engine.clock.pass(15_000)
  expect(await first).toMatchObject({ kind: 'found', freshness: 'stale' })
  await seenAndEvicted(store, ninth)
  const failing = failureOf(engine.resolve(zoneId))
  await engine.clock.pass(15_000)
  expect(await failing).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'deadline' })
})

test('however often a stranger puts a record, it does not look confirmed', async () => {
  const { engine, clock, strangerPuts } = createServer()
  engine.network.add('frozen')
  const stale = { kind: 'found', freshness: 'stale', confirmedAt: undefined, record: { sequence: 3 } }
  await strangerPuts(third)
  expect(await engine.resolve(zoneId, { policy: 'cache-only' })).toMatchObject(stale)
  const waiting = engine.resolve(zoneId)
  // Nobody answers within the time that a caller with a copy waits.
  await clock.pass(2_000)
  expect(await waiting).toMatchObject(stale)
  await clock.pass(15_000)
  await strangerPuts(third)
  // The lookup was in vain, so the copy answers without another one.
  expect(await engine.resolve(zoneId)).toMatchObject(stale)
  await engine.resolver.stop()
})

test('nor does it to a caller that waited already when it was put', async () => {
  const { engine, clock, strangerPuts } = createServer()
  engine.network.add('frozen')
  const first = engine.resolve(zoneId)
  await quiet()
  await strangerPuts(third)
  const second = engine.resolve(zoneId, { policy: 'network-first' })
  await clock.pass(15_000)
  for (const outcome of await Promise.all([first, second]))
    expect(outcome).toMatchObject({ kind: 'found', freshness: 'stale', confirmedAt: undefined })
})

test('a node whose disk is full does not go back to an older record', async () => {
  const store = new MemoryStore()
  store.put = () => Promise.reject(new Error('no space left on device'))
  const engine = createEngine({ store })
  const holder = engine.network.add()
  holder.hold(routingKey, ninth.bytes)
  expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(9)
  await quiet()
  holder.hold(routingKey, fifth.bytes)
  expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(9)
})

test('a put between two reads of the disk leaves no floor without its record', async () => {
  const store = new MemoryStore()
  await store.put(fifth, { confirmedAt: NOW })
  const engine = createEngine({ store })
  const floor = store.floor.bind(store)
  store.floor = async zone => {
    await store.put(ninth, { confirmedAt: NOW })
    return floor(zone)
  }
  expect(sequenceOf(await engine.resolve(zoneId, { policy: 'cache-only' }))).toBe(9)
})

test('a clock that is set back does not keep a node from looking', async () => {
  const engine = createEngine()
  expect(sequenceOf(await engine.resolve(zoneId))).toBe('absent')
  engine.network.add().hold(routingKey, fifth.bytes)
  engine.clock.now = () => NOW - DAY
  expect(sequenceOf(await engine.resolve(zoneId))).toBe(5)
})

test('two callers with one listener hear each their own lookup to the end', async () => {
  const engine = createEngine()
  const holder = engine.network.add()
  holder.hold(routingKey, fifth.bytes)
  const release = holder.pause()
  let ends = 0
  const onProgress = ({ kind }: { kind: string }): void => {
    if (kind === 'end') ends++
  }
  const impatient = new AbortController()
  const options = { policy: 'network-first', onProgress } as const
  const gone = failureOf(engine.resolve(zoneId, { ...options, signal: impatient.signal }))
  const stays = engine.resolve(zoneId, options)
  await quiet()
  impatient.abort(new Error('enough'))
  await gone
  release()
  await stays
  expect(ends).toBe(1)
})

test('corrections that are still under way keep nobody from looking for another zone', async () => {
  const engine = createEngine({ limits: { lookups: 1 } })
  const old = engine.network.add()
  old.hold(routingKey, third.bytes)
  engine.network.add().hold(routingKey, fifth.bytes)
  old.take = () => new Promise(() => {})
  expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(5)
  expect(sequenceOf(await engine.resolve(filler.zoneId))).toBe('absent')
  await engine.resolver.stop()
})
