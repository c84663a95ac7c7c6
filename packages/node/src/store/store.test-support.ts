// What every store must do, whatever it is made of.
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type Owner, NOW, createOwner } from '../engine.test-support.ts'
import { EVIDENCE_LIMIT, type Store, type StoreLimits, type StorePutOptions } from './store.ts'

export interface StoreFactory {
  /** A store with nothing in it. */
  create(limits?: StoreLimits): Promise<Store>
  /** The same store after a restart; absent where nothing survives one. */
  reopen?(store: Store): Promise<Store>
  cleanUp?(): Promise<void>
}

const foreign: StorePutOptions = { receivedAt: NOW }
const own: StorePutOptions = { receivedAt: NOW, own: true }

export function describeStore(name: string, factory: StoreFactory): void {
  const restart = async (store: Store): Promise<Store> => (await factory.reopen?.(store)) ?? store
  describe(`${name} as a store`, () => {
    const owner = createOwner()
    afterAll(async () => factory.cleanUp?.())

    test('an empty store knows nothing', async () => {
      const store = await factory.create()
      expect(await store.get(owner.zoneId)).toBeUndefined()
      expect(await store.floor(owner.zoneId)).toBeUndefined()
      expect(await store.ownZones()).toEqual([])
      expect(await store.history(owner.zoneId)).toEqual([])
      expect(await store.evidence(owner.zoneId)).toEqual([])
    })

    test('a record comes back with its time of receipt, also after a restart', async () => {
      let store = await factory.create()
      const record = await owner.sign(3)
      expect(await store.put(record, foreign)).toEqual({ kind: 'stored', equivocation: undefined })
      expect(await store.get(owner.zoneId)).toEqual({ record, receivedAt: NOW })
      store = await restart(store)
      expect(await store.get(owner.zoneId)).toEqual({ record, receivedAt: NOW })
      expect(await store.floor(owner.zoneId)).toBe(3)
    })

    test('an older record never replaces a newer one', async () => {
      const store = await factory.create()
      const newer = await owner.sign(2)
      await store.put(newer, foreign)
      const put = await (await restart(store)).put(await owner.sign(1), foreign)
      expect(put).toMatchObject({ kind: 'older', floor: 2, equivocation: undefined })
    })

    test('an older record of our own is refused like any other', async () => {
      const store = await factory.create()
      await store.put(await owner.sign(2), foreign)
      expect(await store.put(await owner.sign(1), own)).toMatchObject({ kind: 'older', floor: 2 })
      expect(await store.ownZones()).toEqual([])
    })

    test('the same record again confirms it, and never makes it older', async () => {
      let store = await factory.create()
      const record = await owner.sign(1)
      await store.put(record, foreign)
      expect(await store.put(record, { receivedAt: NOW + 5 })).toEqual({ kind: 'confirmed' })
      expect(await store.put(record, { receivedAt: NOW - 5 })).toEqual({ kind: 'confirmed' })
      store = await restart(store)
      expect((await store.get(owner.zoneId))?.receivedAt).toBe(NOW + 5)
    })

    test('an own zone keeps its signed history, also what the owner published elsewhere', async () => {
      let store = await factory.create()
      const [first, second, third] = await signAll(owner, [1, 2, 10])
      await store.put(first, own)
      await store.put(second, foreign)
      await store.put(third, own)
      store = await restart(store)
      expect(await store.ownZones()).toEqual([owner.zoneId])
      expect(await store.history(owner.zoneId)).toEqual([first, second, third])
    })

    test('what was published here is told from what came from elsewhere', async () => {
      let store = await factory.create({ history: 3 })
      const [first, second, third] = await signAll(owner, [1, 2, 3])
      await store.put(first, own)
      await store.put(second, foreign)
      expect(await store.publishedHere(owner.zoneId)).toEqual([1])
      await store.put(third, own)
      store = await restart(store)
      expect(await store.publishedHere(owner.zoneId)).toEqual([1, 3])
      expect(await store.publishedHere(createOwner(2).zoneId)).toEqual([])
      await store.put(await owner.sign(4), foreign)
      expect(await store.publishedHere(owner.zoneId)).toEqual([3])
    })

    test('what was published here last stays in the history, however much came from elsewhere', async () => {
      const store = await factory.create({ history: 3 })
      await store.put(await owner.sign(1), own)
      for (const record of await signAll(owner, [2, 3, 4, 5, 6])) await store.put(record, foreign)
      expect((await store.history(owner.zoneId)).map(({ sequence }) => sequence)).toEqual([1, 4, 5, 6])
      await store.put(await owner.sign(7), own)
      await store.put(await owner.sign(8), foreign)
      expect((await store.history(owner.zoneId)).map(({ sequence }) => sequence)).toEqual([6, 7, 8])
    })

    test('a record published here that loses a tie was not published here any more', async () => {
      const store = await factory.create()
      const early = await owner.sign(2, { text: 'one' })
      const late = await owner.sign(2, { text: 'two', expiresAt: early.expiresAt + 1 })
      await store.put(await owner.sign(1), own)
      await store.put(early, own)
      await store.put(early, foreign)
      expect(await store.publishedHere(owner.zoneId)).toEqual([1, 2])
      await store.put(late, foreign)
      expect(await store.publishedHere(owner.zoneId)).toEqual([1])
      expect((await store.history(owner.zoneId)).at(-1)).toEqual(late)
    })

    test('a record that was a stranger’s becomes our own when its owner puts it', async () => {
      let store = await factory.create()
      const record = await owner.sign(1)
      await store.put(record, foreign)
      expect(await store.put(record, own)).toEqual({ kind: 'confirmed' })
      store = await restart(store)
      expect(await store.ownZones()).toEqual([owner.zoneId])
      expect(await store.history(owner.zoneId)).toEqual([record])
    })

    test('the history of a zone is bounded, and its oldest records go first', async () => {
      const store = await factory.create({ history: 3 })
      const records = await signAll(owner, [1, 2, 3, 4, 5])
      for (const record of records) await store.put(record, own)
      expect(await store.history(owner.zoneId)).toEqual(records.slice(2))
    })

    test('two records with one sequence are both kept as evidence, and the greater one wins', async () => {
      let store = await factory.create()
      const early = await owner.sign(1, { text: 'one' })
      const late = await owner.sign(1, { text: 'two', expiresAt: early.expiresAt + 1 })
      await store.put(early, foreign)
      expect(await store.put(late, foreign)).toEqual({ kind: 'stored', equivocation: early })
      expect(await store.put(early, foreign)).toMatchObject({ kind: 'older', equivocation: late })
      store = await restart(store)
      expect((await store.get(owner.zoneId))?.record).toEqual(late)
      const [evidence] = await store.evidence(owner.zoneId)
      expect(evidence).toMatchObject({ zoneId: owner.zoneId, sequence: 1 })
      expect(evidence?.records).toHaveLength(2)
      expect(evidence?.records).toEqual(expect.arrayContaining([early, late]))
    })

    test('a new record of our own with a used sequence is refused, even where it would win the tie', async () => {
      const store = await factory.create()
      const early = await owner.sign(1, { text: 'one' })
      const late = await owner.sign(1, { text: 'two', expiresAt: early.expiresAt + 1 })
      await store.put(early, own)
      expect(await store.put(late, own)).toMatchObject({ kind: 'older', floor: 1, equivocation: early })
      expect((await store.get(owner.zoneId))?.record).toEqual(early)
      expect((await store.evidence(owner.zoneId))[0]?.records).toHaveLength(2)
    })

    test('evidence is bounded', async () => {
      const store = await factory.create()
      for (let at = 0; at < EVIDENCE_LIMIT + 4; at++)
        await store.put(await owner.sign(1, { text: `fork ${at}` }), foreign)
      const kept = (await store.evidence(owner.zoneId)).flatMap(({ records }) => records)
      expect(kept.length).toBeLessThanOrEqual(EVIDENCE_LIMIT)
      expect(kept.length).toBeGreaterThan(EVIDENCE_LIMIT - 2)
    })

    test('past the limit the record received longest ago goes, its floor stays, own zones stay', async () => {
      let store = await factory.create({ records: 2 })
      const [mine, old, kept, last] = [createOwner(10), createOwner(11), createOwner(12), createOwner(13)]
      await store.put(await mine.sign(1), own)
      await store.put(await old.sign(7), { receivedAt: NOW + 1 })
      await store.put(await kept.sign(1), { receivedAt: NOW + 2 })
      await store.put(await last.sign(1), { receivedAt: NOW + 3 })
      store = await restart(store)
      expect(await store.get(mine.zoneId)).toBeDefined()
      expect(await store.get(old.zoneId)).toBeUndefined()
      expect(await store.floor(old.zoneId)).toBe(7)
      expect(await store.put(await old.sign(6), foreign)).toMatchObject({ kind: 'older', floor: 7 })
      expect(await store.put(await old.sign(7), foreign)).toMatchObject({ kind: 'stored' })
    })

    test('a damaged record is dropped, and its floor stays', async () => {
      let store = await factory.create()
      const record = await owner.sign(4)
      await store.put(record, foreign)
      const held = await store.get(owner.zoneId)
      await store.discard(held?.record ?? record)
      store = await restart(store)
      expect(await store.get(owner.zoneId)).toBeUndefined()
      expect(await store.floor(owner.zoneId)).toBe(4)
    })

    test('dropping a record that was replaced meanwhile drops nothing', async () => {
      const store = await factory.create()
      const [first, second] = await signAll(owner, [1, 2])
      await store.put(first, foreign)
      await store.put(second, foreign)
      await store.discard(first)
      expect((await store.get(owner.zoneId))?.record).toEqual(second)
    })

    test('in whatever order and however much at once records come, the newest is what stays', async () => {
      const candidates = await signAll(owner, [0, 1, 2, 3, 4, 5])
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }), async order => {
          const store = await factory.create()
          const records = order.map(at => candidates[at] ?? candidates[0])
          await Promise.all(records.map(record => store.put(record, foreign)))
          const reopened = await restart(store)
          const newest = Math.max(...order)
          expect((await reopened.get(owner.zoneId))?.record.sequence).toBe(newest)
          expect(await reopened.floor(owner.zoneId)).toBe(newest)
        }),
        { numRuns: 25 },
      )
    })
  })
}

type Several<Item> = readonly [Item, Item, Item, ...Item[]]

async function signAll(
  owner: Owner,
  sequences: readonly number[],
): Promise<Several<Awaited<ReturnType<Owner['sign']>>>> {
  const records = await Promise.all(sequences.map(sequence => owner.sign(sequence)))
  return records as unknown as Several<Awaited<ReturnType<Owner['sign']>>>
}
