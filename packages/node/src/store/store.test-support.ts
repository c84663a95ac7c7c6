// What every store must do, whatever it is made of.
import type { ZoneId } from '@signpost/core'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type Owner, DAY, NOW, createOwner } from '../engine.test-support.ts'
import { CONFLICT_LIMIT } from './evidence.ts'
import { type ConfirmedPut, EVIDENCE_LIMIT, type Store, type StoreLimits } from './store.ts'

export interface StoreFactory {
  /** A store with nothing in it. */
  create(limits?: StoreLimits): Promise<Store>
  /** The same store after a restart; absent where nothing survives one. */
  reopen?(store: Store): Promise<Store>
  cleanUp?(): Promise<void>
}

const foreign: ConfirmedPut = { confirmedAt: NOW }
const own: ConfirmedPut = { confirmedAt: NOW, own: true }

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

    test('a record comes back with the time of its confirmation, also after a restart', async () => {
      let store = await factory.create()
      const record = await owner.sign(3)
      expect(await store.put(record, foreign)).toEqual({ kind: 'stored', equivocation: undefined })
      expect(await store.get(owner.zoneId)).toEqual({ record, confirmedAt: NOW })
      store = await restart(store)
      expect(await store.get(owner.zoneId)).toEqual({ record, confirmedAt: NOW })
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
      expect(await store.put(record, { confirmedAt: NOW + 5 })).toEqual({ kind: 'confirmed' })
      expect(await store.put(record, { confirmedAt: NOW - 5 })).toEqual({ kind: 'confirmed' })
      store = await restart(store)
      expect((await store.get(owner.zoneId))?.confirmedAt).toBe(NOW + 5)
    })

    test('what was brought unasked is as new as what it replaces, and confirms nothing', async () => {
      let store = await factory.create()
      const unasked = { receivedAt: NOW + 5 }
      const [first, second] = await signAll(owner, [1, 2, 3])
      await store.put(first, unasked)
      store = await restart(store)
      expect(await store.get(owner.zoneId)).toEqual({ record: first, confirmedAt: undefined })
      await store.put(first, { confirmedAt: NOW })
      expect(await store.put(first, unasked)).toEqual({ kind: 'confirmed' })
      expect(await store.put(second, unasked)).toMatchObject({ kind: 'stored' })
      store = await restart(store)
      expect(await store.get(owner.zoneId)).toEqual({ record: second, confirmedAt: NOW })
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
      expect(await published(store, owner.zoneId)).toEqual([1])
      await store.put(third, own)
      store = await restart(store)
      expect(await published(store, owner.zoneId)).toEqual([1, 3])
      expect(await published(store, createOwner(2).zoneId)).toEqual([])
      await store.put(await owner.sign(4), foreign)
      expect(await published(store, owner.zoneId)).toEqual([3])
    })

    test('what its publisher had written stays with a record that says more', async () => {
      let store = await factory.create()
      const draft = Uint8Array.of(1, 2, 3)
      await store.put(await owner.sign(1), own)
      await store.put(await owner.sign(2), { ...own, draft })
      await store.put(await owner.sign(2), own)
      store = await restart(store)
      expect(await store.publications(owner.zoneId)).toEqual([
        { sequence: 1, draft: undefined, stood: false },
        { sequence: 2, draft, stood: false },
      ])
    })

    test('what was published here is known to have stood once it comes back from elsewhere', async () => {
      let store = await factory.create()
      const ours = await owner.sign(2)
      await store.put(await owner.sign(1), own)
      await store.put(ours, own)
      await store.put(ours, foreign)
      await store.put(ours, own)
      store = await restart(store)
      expect(await store.publications(owner.zoneId)).toMatchObject([
        { sequence: 1, stood: false },
        { sequence: 2, stood: true },
      ])
      // Another record took the place of the first one, and none of it stood.
      await store.put(await owner.sign(3), own)
      await store.put(await owner.sign(3, { text: 'other', expiresAt: NOW + 90 * DAY }), foreign)
      expect((await store.publications(owner.zoneId)).map(({ sequence }) => sequence)).toEqual([1, 2])
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
      expect(await published(store, owner.zoneId)).toEqual([1, 2])
      await store.put(late, foreign)
      expect(await published(store, owner.zoneId)).toEqual([1])
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

    test('past the limit the record confirmed longest ago goes, its floor stays, own zones stay', async () => {
      let store = await factory.create({ records: 2 })
      const [mine, old, kept, last] = [createOwner(10), createOwner(11), createOwner(12), createOwner(13)]
      await store.put(await mine.sign(1), own)
      await store.put(await old.sign(7), { confirmedAt: NOW + 1 })
      await store.put(await kept.sign(1), { confirmedAt: NOW + 2 })
      await store.put(await last.sign(1), { confirmedAt: NOW + 3 })
      store = await restart(store)
      expect(await store.get(mine.zoneId)).toBeDefined()
      expect(await store.get(old.zoneId)).toBeUndefined()
      expect(await store.floor(old.zoneId)).toBe(7)
      expect(await store.put(await old.sign(6), foreign)).toMatchObject({ kind: 'older', floor: 7 })
      expect(await store.put(await old.sign(7), foreign)).toMatchObject({ kind: 'stored' })
    })

    test('past the limit all that is too much goes, however many come at once', async () => {
      let store = await factory.create({ records: 5 })
      const owners = createOwners(40)
      await Promise.all(owners.map(async other => store.put(await other.sign(1), foreign)))
      store = await restart(store)
      const held = await Promise.all(owners.map(({ zoneId }) => store.get(zoneId)))
      expect(held.filter(one => one !== undefined)).toHaveLength(5)
      for (const { zoneId } of owners) expect(await store.floor(zoneId)).toBe(1)
    })

    test('a followed zone is followed until it is no longer, also after a restart', async () => {
      let store = await factory.create()
      const [mine, one, other] = [createOwner(10), createOwner(11), createOwner(12)]
      await store.put(await mine.sign(1), own)
      expect(await store.follow(one.zoneId, NOW)).toBe(true)
      expect(await store.follow(other.zoneId, NOW + 1)).toBe(true)
      expect(await store.follow(one.zoneId, NOW + 2)).toBe(false)
      store = await restart(store)
      expect(await store.followed()).toEqual(
        [
          { zoneId: one.zoneId, since: NOW },
          { zoneId: other.zoneId, since: NOW + 1 },
        ].sort((a, b) => (a.zoneId < b.zoneId ? -1 : 1)),
      )
      expect([mine, one, owner].map(({ zoneId }) => store.keepsAlive(zoneId))).toEqual([true, true, false])

      expect(await store.unfollow(one.zoneId)).toBe(true)
      expect(await store.unfollow(one.zoneId)).toBe(false)
      store = await restart(store)
      expect((await store.followed()).map(({ zoneId }) => zoneId)).toEqual([other.zoneId])
      expect(store.keepsAlive(one.zoneId)).toBe(false)
    })

    test('past the limit followed zones stay, and one that is followed no longer goes like any other', async () => {
      let store = await factory.create({ records: 2 })
      const [followed, left, ...others] = createOwners(6)
      await store.follow(followed.zoneId, NOW)
      await store.follow(left.zoneId, NOW)
      await store.put(await followed.sign(1), foreign)
      await store.put(await left.sign(1), foreign)
      await store.unfollow(left.zoneId)
      store = await restart(store)
      for (const [at, other] of others.entries())
        await store.put(await other.sign(1), { confirmedAt: NOW + 1 + at })
      expect(await store.get(followed.zoneId)).toBeDefined()
      expect(await store.get(left.zoneId)).toBeUndefined()
    })

    test('a zone is forgotten 30 days after the last record of it that was ever here is over', async () => {
      const store = await factory.create()
      // The longest of all is the one that was replaced.
      await store.put(await owner.sign(1, { expiresAt: NOW + 60 * DAY }), foreign)
      await store.put(await owner.sign(2, { expiresAt: NOW + DAY }), foreign)
      await store.put(await owner.sign(2, { expiresAt: NOW + DAY, text: 'another' }), foreign)
      expect(await store.sweep(NOW + 90 * DAY)).toBe(0)
      expect(await store.floor(owner.zoneId)).toBe(2)
      expect(await store.sweep(NOW + 90 * DAY + 1)).toBe(1)
      const forgotten = await restart(store)
      expect(await forgotten.get(owner.zoneId)).toBeUndefined()
      expect(await forgotten.floor(owner.zoneId)).toBeUndefined()
      expect(await forgotten.evidence(owner.zoneId)).toEqual([])
      expect(await forgotten.put(await owner.sign(1), foreign)).toMatchObject({ kind: 'stored' })
    })

    test('own and followed zones are never forgotten', async () => {
      const store = await factory.create()
      const [mine, followed] = [createOwner(10), createOwner(11)]
      await store.put(await mine.sign(1), own)
      await store.put(await followed.sign(1), foreign)
      await store.follow(followed.zoneId, NOW)
      expect(await store.sweep(NOW + 10_000 * DAY)).toBe(0)
      for (const { zoneId } of [mine, followed]) expect(await store.floor(zoneId)).toBe(1)
    })

    test('a validity without end keeps a floor for a year and 30 days', async () => {
      const store = await factory.create()
      await store.put(await owner.sign(1, { expiresAt: NOW + 100_000 * DAY }), foreign)
      expect(await store.sweep(NOW + 396 * DAY)).toBe(0)
      expect(await store.sweep(NOW + 396 * DAY + 1)).toBe(1)
    })

    test('floors are bounded: of zones whose records are gone those go that are over first', async () => {
      let store = await factory.create({ records: 1 })
      const owners = createOwners(14)
      const [mine, followed, ...others] = owners
      await store.put(await mine.sign(1, { expiresAt: NOW + DAY }), own)
      await store.follow(followed.zoneId, NOW)
      await store.put(await followed.sign(1, { expiresAt: NOW + DAY }), foreign)
      for (const [at, other] of others.entries())
        await store.put(await other.sign(1, { expiresAt: NOW + (30 - at) * DAY }), foreign)
      store = await restart(store)
      // Fourteen floors, and ten may be kept for one record.
      expect(await store.sweep(NOW)).toBe(4)
      const floors = await Promise.all(owners.map(async ({ zoneId }) => (await store.floor(zoneId)) ?? 0))
      // The last one is what the store has a record of.
      expect(floors).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1])
      expect(await store.sweep(NOW)).toBe(0)
    })

    test('evidence is bounded in all: strangers can contradict themselves as often as they like', async () => {
      const store = await factory.create()
      const contradict = async (from: Owner): Promise<void> => {
        await store.put(await from.sign(1), foreign)
        await store.put(await from.sign(1, { text: 'another' }), foreign)
      }
      await store.follow(owner.zoneId, NOW)
      await contradict(owner)
      const [first, second, ...others] = createOwners(CONFLICT_LIMIT + 1)
      await contradict(first)
      for (const other of others) await contradict(other)
      expect(await store.evidence(first.zoneId)).toHaveLength(1)
      await contradict(second)
      expect(await store.evidence(first.zoneId)).toEqual([])
      expect(await store.evidence(second.zoneId)).toHaveLength(1)
      expect(await store.evidence(owner.zoneId)).toHaveLength(1)
    })

    test('a sweep that is told to stop forgets nothing more', async () => {
      const store = await factory.create()
      await store.put(await owner.sign(1), foreign)
      expect(await store.sweep(NOW + 1_000 * DAY, AbortSignal.abort())).toBe(0)
      expect(await store.sweep(NOW + 1_000 * DAY)).toBe(1)
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

async function published(store: Store, zoneId: ZoneId): Promise<number[]> {
  return (await store.publications(zoneId)).map(({ sequence }) => sequence)
}

async function signAll(
  owner: Owner,
  sequences: readonly number[],
): Promise<Several<Awaited<ReturnType<Owner['sign']>>>> {
  const records = await Promise.all(sequences.map(sequence => owner.sign(sequence)))
  return records as unknown as Several<Awaited<ReturnType<Owner['sign']>>>
}

function createOwners(count: number): Several<Owner> {
  return Array.from({ length: count }, (_, at) => createOwner(100 + at)) as unknown as Several<Owner>
}
