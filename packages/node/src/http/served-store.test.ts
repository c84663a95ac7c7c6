import type { SignedRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import { NOW, createOwner } from '../engine.test-support.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { ServedStore } from './served-store.ts'

const owner = createOwner()
const { zoneId } = owner
const [first, second, third] = [await owner.sign(1), await owner.sign(2), await owner.sign(3)]
const confirmed = { confirmedAt: NOW }

function strangers(count: number): Promise<SignedRecord[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => createOwner(100 + at).sign(1)))
}

test('what strangers ask for turns out nothing that the node looked up for itself', async () => {
  const disk = new MemoryStore({ records: 2 })
  const served = new ServedStore(disk, 3)
  await disk.put(first, confirmed)
  const others = await strangers(5)
  for (const record of others) await served.put(record, confirmed)
  expect(await disk.get(zoneId)).toMatchObject({ record: first })
  const kept = await Promise.all(others.map(async record => (await served.get(record.zoneId)) !== undefined))
  expect(kept).toEqual([false, false, true, true, true])
  for (const record of others) expect(await disk.floor(record.zoneId)).toBeUndefined()
})

test('a zone that the node has, or keeps alive, is renewed on its disk', async () => {
  const disk = new MemoryStore()
  const served = new ServedStore(disk)
  await disk.put(first, confirmed)
  await served.put(second, confirmed)
  expect(await disk.get(zoneId)).toMatchObject({ record: second })
  const followed = createOwner(2)
  await disk.follow(followed.zoneId, NOW)
  await served.put(await followed.sign(1), confirmed)
  expect(await disk.floor(followed.zoneId)).toBe(1)
})

test('the better copy is read, and of one record the one that was confirmed last', async () => {
  const disk = new MemoryStore()
  const served = new ServedStore(disk)
  await served.put(second, { confirmedAt: NOW + 1 })
  await disk.put(first, confirmed)
  expect(await served.get(zoneId)).toMatchObject({ record: second })
  await disk.put(second, confirmed)
  expect(await served.get(zoneId)).toEqual({ record: second, confirmedAt: NOW + 1 })
  await disk.put(third, confirmed)
  expect(await served.get(zoneId)).toMatchObject({ record: third })
})

test('the floor is the highest of both, and outlives the records', async () => {
  const disk = new MemoryStore()
  const served = new ServedStore(disk, 1)
  expect(await served.floor(zoneId)).toBeUndefined()
  await served.put(second, confirmed)
  const [other] = await strangers(1)
  await served.put(other!, confirmed)
  expect([await served.get(zoneId), await served.floor(zoneId)]).toEqual([undefined, 2])
  await disk.put(third, confirmed)
  expect(await served.floor(zoneId)).toBe(3)
})

test('the node itself hears of what is newer here, and of the floor', async () => {
  const served = new ServedStore(new MemoryStore())
  await served.put(second, confirmed)
  expect(await served.remembered(zoneId, undefined)).toEqual({ newer: second, floor: 2 })
  expect(await served.remembered(zoneId, first)).toEqual({ newer: second, floor: 2 })
  expect(await served.remembered(zoneId, second)).toEqual({ newer: undefined, floor: 2 })
  expect(await served.remembered(createOwner(2).zoneId, undefined)).toEqual({ newer: undefined, floor: 0 })
})

test('what the disk has damaged is dropped wherever it is', async () => {
  const disk = new MemoryStore()
  const served = new ServedStore(disk)
  await served.put(first, confirmed)
  await served.discard(first)
  expect(await served.get(zoneId)).toBeUndefined()
  await disk.put(second, confirmed)
  await served.discard(second)
  expect(await served.get(zoneId)).toBeUndefined()
})
