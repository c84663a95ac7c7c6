import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { expect, test } from 'vitest'
import { DAY, NOW, createOwner } from '../engine.test-support.ts'
import { FLOOR_MEMORY } from '../store/retention.ts'
import { KeptFloors } from './kept-floors.ts'

const { zoneId } = createOwner()

function setUp(): { datastore: MemoryDatastore; floors: KeptFloors } {
  const datastore = new MemoryDatastore()
  return { datastore, floors: new KeptFloors(datastore, '/dht') }
}

async function sweep(floors: KeptFloors, now: number, limit: number): Promise<number> {
  return floors.sweep(now, limit, async (_, task) => task())
}

test('a floor never falls, and its horizon neither', async () => {
  const { floors } = setUp()
  expect(await floors.get(zoneId)).toBe(0)
  await floors.raise(zoneId, 5, NOW + DAY)
  await floors.raise(zoneId, 3, NOW)
  expect(await floors.get(zoneId)).toBe(5)
  expect(await sweep(floors, NOW + DAY + FLOOR_MEMORY, 10)).toBe(0)
  expect(await sweep(floors, NOW + DAY + FLOOR_MEMORY + 1, 10)).toBe(1)
  expect(await floors.get(zoneId)).toBe(0)
})

test('of too many floors those go whose records are over first', async () => {
  const { floors } = setUp()
  const owners = [1, 2, 3, 4, 5].map(seed => createOwner(seed))
  for (const [at, owner] of owners.entries()) await floors.raise(owner.zoneId, 1, NOW + (5 - at) * DAY)
  expect(await sweep(floors, NOW, 5)).toBe(0)
  expect(await sweep(floors, NOW, 3)).toBe(2)
  expect(await Promise.all(owners.map(owner => floors.get(owner.zoneId)))).toEqual([1, 1, 1, 0, 0])
})

test('a floor that the disk damaged is none, and goes', async () => {
  const { datastore, floors } = setUp()
  for (const text of ['', 'x 5', '-1 5', '1e99 5', '7 y', '99999999999999999 5']) {
    await datastore.put(new Key(`/dht/floor/${zoneId}`), new TextEncoder().encode(text))
    expect(await floors.get(zoneId)).toBe(0)
    expect(await sweep(floors, NOW, 10)).toBe(1)
  }
})

test('a floor of an earlier version, which says nothing of its records, stays', async () => {
  const { datastore, floors } = setUp()
  await datastore.put(new Key(`/dht/floor/${zoneId}`), new TextEncoder().encode('7'))
  expect(await sweep(floors, NOW + 10_000 * DAY, 10)).toBe(0)
  expect(await floors.get(zoneId)).toBe(7)
})

test('a floor that is raised while a sweep runs stays', async () => {
  const { floors } = setUp()
  await floors.raise(zoneId, 1, NOW - 100 * DAY)
  const raised = floors.sweep(NOW, 10, async (_, task) => {
    await floors.raise(zoneId, 5, NOW + DAY)
    await task()
  })
  expect(await raised).toBe(0)
  expect(await floors.get(zoneId)).toBe(5)
})
