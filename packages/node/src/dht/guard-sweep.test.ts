import { Libp2pRecord } from '@libp2p/record'
import { MemoryDatastore } from 'datastore-core'
import { Key, type Pair, type Query } from 'interface-datastore'
import { expect, test } from 'vitest'
import { DAY, NOW, createOwner } from '../engine.test-support.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { HOUR, STALE, key, keyOf, owner, putOf, recordOf, setUp, sign, wrap } from './guard.test-support.ts'
import { KEPT_FOR } from './guarded-datastore.ts'

const long = { expiresAt: NOW + 30 * DAY }

test('what nobody puts again for 48 hours is swept, and its floor stays', async () => {
  const { clock, guard, inner, put, sequence } = setUp()
  const other = createOwner(2)
  await put(await owner.sign(2, long))
  clock.now += HOUR
  await guard.put(keyOf(other.routingKey), wrap((await other.sign(1)).bytes, other.routingKey))
  const provider = new Key('/dht/provider/abc')
  await inner.put(provider, Uint8Array.of(1))

  clock.now = NOW + KEPT_FOR
  expect(await guard.sweep()).toBe(0)
  clock.now += 1
  expect(await guard.sweep()).toBe(1)

  expect(await sequence()).toBeUndefined()
  expect(await guard.held(other.zoneId)).toBeDefined()
  expect(await guard.has(provider)).toBe(true)
  await expect(put(await owner.sign(1, long))).rejects.toMatchObject(STALE)
})

test('what is over its validity is swept at once, and its floor stays', async () => {
  const { clock, guard, put, sequence } = setUp()
  await put(await sign(2, HOUR))
  clock.now += HOUR
  expect(await guard.sweep()).toBe(0)
  clock.now += 1
  expect(await guard.sweep()).toBe(1)
  expect(await sequence()).toBeUndefined()
  await expect(put(await owner.sign(1, long))).rejects.toMatchObject(STALE)
})

test('a floor goes 30 days after all that was ever here is over, and nothing comes back for it', async () => {
  const { clock, guard, put, sequence } = setUp()
  const first = await owner.sign(1, { expiresAt: NOW + 90 * DAY })
  await put(first)
  await put(await owner.sign(2, long))
  clock.now += KEPT_FOR + 1
  await guard.sweep()
  clock.now = NOW + 90 * DAY
  await guard.sweep()
  await expect(put(first)).rejects.toMatchObject(STALE)
  clock.now = NOW + 120 * DAY + 1
  await guard.sweep()
  await expect(put(first)).rejects.toMatchObject({ code: 'RECORD_EXPIRED' })
  await put(await owner.sign(1, { expiresAt: NOW + 365 * DAY }))
  expect(await sequence()).toBe(1)
})

test('a zone that this node keeps alive stays and is served, however long ago it was put, while it is valid', async () => {
  const known = new MemoryStore()
  const { clock, guard, put } = setUp({ known })
  await known.follow(owner.zoneId, NOW)
  await put(await owner.sign(1, long))
  clock.now += 10 * DAY
  expect(await guard.sweep()).toBe(0)
  // kad-dht looks at this time before it serves a record, and deletes it where it is long past.
  expect(Libp2pRecord.deserialize(await guard.get(key)).timeReceived.getTime()).toBe(clock.now)
  clock.now += 20 * DAY + 1
  expect(await guard.sweep()).toBe(1)
})

test('a record that is put again while the sweep runs is not swept', async () => {
  const { clock, guard, inner, put, sequence } = setUp()
  const other = createOwner(2)
  await putOf(guard, other)
  await put(recordOf(1))
  const fresh = await owner.sign(2, long)
  clock.now = NOW + KEPT_FOR + 1
  const write = inner.put.bind(inner)
  inner.put = async (of, ...given) => {
    // The sweep is at the first of the two.
    if (of.toString() === `/dht/floor/${other.zoneId}`) await put(fresh)
    return write(of, ...given)
  }

  expect(await guard.sweep()).toBe(1)

  expect(await sequence()).toBe(2)
})

test('a sweep that is told to stop leaves the rest for the next one', async () => {
  const { clock, guard, inner } = setUp()
  const stopping = new AbortController()
  for (const other of [2, 3, 4].map(seed => createOwner(seed))) await putOf(guard, other)
  clock.now = NOW + KEPT_FOR + 1
  const put = inner.put.bind(inner)
  inner.put = async (...given) => {
    // The first floor is written.
    stopping.abort()
    return put(...given)
  }
  expect(await guard.sweep(stopping.signal)).toBe(1)
  expect(await guard.sweep()).toBe(2)
})

/** As LevelDB: a query sees what was there when it began. */
class Snapshots extends MemoryDatastore {
  /** Called when a query of floors has seen what there is. */
  onFloors: (() => Promise<void>) | undefined

  override async *query(query: Query): AsyncGenerator<Pair> {
    const pairs: Pair[] = []
    for await (const pair of super.query(query)) pairs.push(pair)
    if (query.prefix?.endsWith('/floor/') === true) await this.onFloors?.()
    yield* pairs
  }
}

test('an older record does not come back where a sweep ran while the newer one went', async () => {
  const inner = new Snapshots()
  const { clock, guard, put, sequence } = setUp({}, inner)
  // Long ago a record of the zone went by, and left a floor that is over.
  clock.now = NOW - 100 * DAY
  await put(await owner.sign(1, { expiresAt: clock.now + DAY }))
  await guard.delete(key)
  clock.now = NOW
  await put(recordOf(5))
  let queries = 0
  inner.onFloors = async () => {
    // The sweep counts them first.
    if (++queries === 2) await guard.delete(key)
  }
  await guard.sweep()

  await expect(put(recordOf(3))).rejects.toMatchObject({ ...STALE, current: 5 })
  expect(await sequence()).toBeUndefined()
})
