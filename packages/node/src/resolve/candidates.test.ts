import { type SignedRecord, compareRecords, verifyRecord } from '@signpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Judgement, chooseRecord, judgeCandidate } from './candidates.ts'
import { DAY, NOW, createOwner } from '../engine.test-support.ts'
import { judgeReplacement } from '../store/replacement.ts'
import { type Source, Tally } from './tally.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'

const owner = createOwner()
const verifier = createSteppedVerifier()

// Five sequences; of each a record that is valid, one whose validity is over, and one that differs otherwise.
const records = await Promise.all(
  [0, 1, 2, 3, 4].flatMap(sequence => [
    owner.sign(sequence),
    owner.sign(sequence, { expiresAt: NOW - DAY, text: 'over' }),
    owner.sign(sequence, { text: 'another' }),
  ]),
)
const judgements = async (floor: number | undefined): Promise<Judgement[]> =>
  Promise.all(
    records.map(async ({ bytes }) =>
      judgeCandidate(await verifyRecord(owner.zoneId, bytes, { verifier, now: NOW }), floor),
    ),
  )
const perFloor = new Map<number | undefined, Judgement[]>()
for (const floor of [undefined, 0, 2, 4, 9]) perFloor.set(floor, await judgements(floor))

const indexes = fc.array(fc.nat(records.length - 1), { maxLength: 20 })
const floors = fc.constantFrom(...perFloor.keys())

function record(at: number): SignedRecord {
  const found = records[at]
  if (found === undefined) throw new RangeError(`no record ${at}`)
  return found
}

test('a candidate is usable, over its validity, older than the floor, or invalid', async () => {
  const judged = async (bytes: Uint8Array, floor: number | undefined): Promise<string> =>
    judgeCandidate(await verifyRecord(owner.zoneId, bytes, { verifier, now: NOW }), floor).kind
  const valid = (await owner.sign(2)).bytes
  expect(await judged(valid, undefined)).toBe('usable')
  expect(await judged(valid, 2)).toBe('usable')
  expect(await judged(valid, 3)).toBe('older')
  expect(await judged((await owner.sign(2, { expiresAt: NOW - 1 })).bytes, 2)).toBe('expired')
  expect(await judged((await createOwner(2).sign(2)).bytes, undefined)).toBe('invalid')
  expect(await judged(Uint8Array.of(1, 2, 3), undefined)).toBe('invalid')
})

test('any interleaving of candidates gives the same best record, never below the floor', () => {
  fc.assert(
    fc.property(
      indexes,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      floors,
      (order, random, floor) => {
        const shuffled = order
          .map(at => ({ at, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ at }) => at)
        const best = [order, shuffled].map(order => chooseRecord(order.map(record), floor))
        expect(best[0]).toBe(best[1])
        if (best[0] !== undefined) expect(best[0].sequence).toBeGreaterThanOrEqual(floor ?? 0)
        for (const at of order)
          if (record(at).sequence >= (floor ?? 0))
            expect(best[0] && compareRecords(best[0], record(at))).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})

const at = (peer: string): Source => ({ peer, network: 0 })

test('a tally comes to the same best record in any order, from any peers, and its best never gets worse', () => {
  const answers = fc.array(fc.tuple(fc.nat(4), fc.nat(records.length - 1)), { maxLength: 20 })
  fc.assert(
    fc.property(
      answers,
      floors,
      fc.option(fc.nat(records.length - 1), { nil: undefined }),
      (given, floor, heldAt) => {
        const held = heldAt === undefined ? undefined : record(heldAt)
        // A store's floor is at least what it holds.
        const known = held === undefined ? floor : Math.max(held.sequence, floor ?? 0)
        if (held !== undefined && held.sequence < (known ?? 0)) return
        const tally = new Tally(held && { record: held, confirmedAt: NOW }, known ?? 0)
        for (const [peer, which] of given) {
          const before = tally.best
          const judgement = judgeCandidate({ kind: 'valid', record: record(which) }, tally.floor)
          tally.add(at(`peer ${peer}`), judgement, NOW)
          if (before !== undefined && tally.best !== undefined)
            expect(compareRecords(tally.best, before)).toBeGreaterThanOrEqual(0)
        }
        const expected = chooseRecord([...(held ? [held] : []), ...given.map(([, at]) => record(at))], known)
        expect(tally.best).toBe(expected)
        expect(tally.asked).toBe(new Set(given.map(([peer]) => peer)).size)
        expect(tally.agreed + tally.outdated.length).toBe(tally.asked)
      },
    ),
  )
})

test('a record that was replaced does not come back for one whose validity is over', () => {
  const over = record(13)
  expect(over).toMatchObject({ sequence: 4, expiresAt: NOW - DAY })
  const tally = new Tally(undefined, 0)
  tally.add(at('a'), { kind: 'expired', record: over }, NOW)
  tally.add(at('b'), judgeCandidate({ kind: 'valid', record: record(9) }, tally.floor), NOW)
  expect(tally.best).toBe(over)
  expect(tally.outdated).toEqual([at('b')])
})

test('a tally knows who gave the best record first, who agrees, and who is behind', () => {
  const tally = new Tally({ record: record(0), confirmedAt: NOW - DAY }, 0)
  expect([tally.best, tally.peer, tally.agreed]).toEqual([record(0), undefined, 0])
  tally.add(at('a'), { kind: 'usable', record: record(0) }, NOW)
  expect([tally.peer, tally.agreed, tally.outdated]).toEqual(['a', 1, []])
  tally.add(at('b'), { kind: 'usable', record: record(3) }, NOW)
  tally.add(at('c'), { kind: 'usable', record: record(3) }, NOW)
  tally.add(at('d'), { kind: 'nothing' }, NOW)
  expect([tally.peer, tally.agreed, tally.outdated, tally.asked]).toEqual(['b', 2, [at('a')], 4])
  // Then the owner publishes here, while the lookup goes on.
  tally.hold({ record: record(6), confirmedAt: NOW })
  expect([tally.peer, tally.agreed, tally.outdated]).toEqual([undefined, 0, ['a', 'b', 'c'].map(at)])
})

test('a peer that is in two networks is heard in each of them', () => {
  const tally = new Tally(undefined, 0)
  tally.add({ peer: 'a', network: 0 }, { kind: 'usable', record: record(3) }, NOW)
  tally.add({ peer: 'a', network: 1 }, { kind: 'usable', record: record(0) }, NOW)
  expect([tally.agreed, tally.agreedIn(0), tally.agreedIn(1)]).toEqual([1, 1, 0])
  expect(tally.outdated).toEqual([{ peer: 'a', network: 1 }])
})

test('whatever a store is given and in whatever order, it ends with the record that wins', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(records.length - 1), { minLength: 1, maxLength: 20 }), order => {
      let current: SignedRecord | undefined
      let floor: number | undefined
      for (const at of order) {
        const { kind } = judgeReplacement(record(at), current, floor)
        if (kind !== 'replace') continue
        current = record(at)
        floor = current.sequence
      }
      expect(current).toBe(chooseRecord(order.map(record), undefined))
    }),
  )
})

test('a store that lost the record still refuses what is below the floor', () => {
  expect(judgeReplacement(record(3), undefined, 2)).toEqual({ kind: 'refuse', equivocation: false })
  expect(judgeReplacement(record(6), undefined, 2)).toEqual({ kind: 'replace', equivocation: false })
})

test('a new record of our own never takes the sequence of a record that was lost', () => {
  expect(judgeReplacement(record(6), undefined, 2, true)).toEqual({ kind: 'refuse', equivocation: false })
  expect(judgeReplacement(record(9), undefined, 2, true)).toEqual({ kind: 'replace', equivocation: false })
})
