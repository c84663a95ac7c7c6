import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NOW, createOwner } from '../engine.test-support.ts'
import { type DataDirectory, openDataDirectory, put } from './data-directory.ts'
import { openLevelStore } from './level-store.ts'
import type { Store, StoreLimits } from './store.ts'
import { describeStore } from './store.test-support.ts'

const opened = new Map<
  Store,
  { readonly directory: DataDirectory; readonly limits: StoreLimits | undefined }
>()
const root = await mkdtemp(join(tmpdir(), 'signpost-store-'))

async function open(path: string, limits: StoreLimits | undefined): Promise<Store> {
  const directory = await openDataDirectory(path)
  const store = await openLevelStore(directory, limits)
  opened.set(store, { directory, limits })
  return store
}

describeStore('LevelStore', {
  create: async limits => open(await mkdtemp(join(root, 'data-')), limits),
  reopen: async store => {
    const known = opened.get(store)
    if (known === undefined) throw new Error('not a store of this test')
    opened.delete(store)
    await known.directory.close()
    return open(known.directory.path, known.limits)
  },
  cleanUp: async () => {
    await Promise.all([...opened.values()].map(({ directory }) => directory.close()))
    await rm(root, { recursive: true, force: true })
  },
})

test('a lower limit is kept from the start on', async () => {
  const owners = Array.from({ length: 20 }, (_, at) => createOwner(at + 1))
  await using directory = await temporary()
  const before = await openLevelStore(directory, { records: 20 })
  for (const [at, each] of owners.entries()) await before.put(await each.sign(1), { confirmedAt: NOW + at })

  await openLevelStore(directory, { records: 5 })

  expect(await directory.octets('records').keys({}).all()).toHaveLength(5)
  const after = await openLevelStore(directory, { records: 20 })
  const held = await Promise.all(owners.map(async ({ zoneId }) => (await after.get(zoneId)) !== undefined))
  expect(held).toEqual(owners.map((_, at) => at >= 15))
})

test.each(['floors', 'received', 'horizons', 'followed'] as const)(
  'a number in %s that the disk damaged is none, and everything else goes on',
  async section => {
    const [owner, other] = [createOwner(1), createOwner(2)]
    for (const octets of [
      Uint8Array.of(0xff, 0x7b),
      Uint8Array.of(),
      Buffer.from('-1'),
      Buffer.from('1e999'),
    ]) {
      await using directory = await temporary()
      const before = await openLevelStore(directory)
      await before.follow(owner.zoneId, NOW)
      await before.put(await owner.sign(9), { confirmedAt: NOW, own: true })
      await before.put(await other.sign(1), { confirmedAt: NOW })
      await directory.write([put(directory.octets(section), owner.zoneId, octets)], { sync: false })

      const store = await openLevelStore(directory)

      expect(await store.get(owner.zoneId)).toMatchObject({ record: { sequence: 9 } })
      expect(await store.put(await owner.sign(8), { confirmedAt: NOW })).toMatchObject({ kind: 'older' })
      expect(store.keepsAlive(owner.zoneId)).toBe(true)
      await store.sweep(NOW)
      expect(await store.put(await owner.sign(10), { confirmedAt: NOW, own: true })).toMatchObject({
        kind: 'stored',
      })
      expect(await store.floor(owner.zoneId)).toBe(10)
      expect(await store.get(other.zoneId)).toMatchObject({ confirmedAt: NOW })
    }
  },
)

async function temporary(): Promise<DataDirectory & AsyncDisposable> {
  const directory = await openDataDirectory(await mkdtemp(join(tmpdir(), 'signpost-store-')))
  const dispose = async (): Promise<void> => {
    await directory.close()
    await rm(directory.path, { recursive: true, force: true })
  }
  return Object.assign(directory, { [Symbol.asyncDispose]: dispose })
}
