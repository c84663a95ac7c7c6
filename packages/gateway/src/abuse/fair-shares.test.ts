import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairShares, type Group } from './fair-shares.ts'

const group = (key: string, weight = 1): Group => ({ kind: 'client', key, weight })

function takeAll(shares: FairShares, groups: readonly Group[]): number {
  let count = 0
  while (shares.take(groups) === undefined) count++
  return count
}

test('one group alone gets half, a second one half of the rest, and there is always one for the next', () => {
  const shares = new FairShares(1000)
  expect(takeAll(shares, [group('greedy')])).toBe(500)
  expect(takeAll(shares, [group('too')])).toBe(250)
  expect(takeAll(shares, [group('third')])).toBe(125)
  expect(shares.take([group('modest')])).toBeUndefined()
})

test('groups that all want as much as they can get come to equal shares', () => {
  const shares = new FairShares(1000)
  const had = [0, 0, 0]
  let refused = 0
  for (let n = 0; refused < 3; n = (n + 1) % 3) {
    if (shares.take([group(String(n))]) === undefined) had[n]!++
    else refused++
  }
  expect(had).toEqual([250, 250, 250])
})

test('the group that has its share is named, and others go on', () => {
  const shares = new FairShares(100)
  const flooded = group('example.com', 0.5)
  expect(takeAll(shares, [group('a'), flooded])).toBe(34)
  expect(shares.take([group('a'), flooded])).toBe(flooded)
  expect(shares.take([group('a'), group('example.net', 0.5)])).toBeUndefined()
})

test('a limit of one lets one through at a time', () => {
  const shares = new FairShares(1)
  expect(shares.take([group('a')])).toBeUndefined()
  expect(shares.take([group('b')])).toBe('all')
  shares.giveBack([group('a')])
  expect(shares.take([group('b')])).toBeUndefined()
})

test('what a group still has counts when it has given some back', () => {
  const shares = new FairShares(100)
  expect(takeAll(shares, [group('a')])).toBe(50)
  for (let n = 0; n < 10; n++) shares.giveBack([group('a')])
  expect(takeAll(shares, [group('a')])).toBe(10)
})

test('no more is taken than there is, and what is given back is there again', () => {
  const step = fc.record({ take: fc.boolean(), client: fc.nat(3), domain: fc.nat(3) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 200 }), (limit, steps) => {
      const shares = new FairShares(limit)
      const held: Group[][] = []
      for (const { take, client, domain } of steps) {
        const groups = [group(`c${client}`), group(`d${domain}`, 0.5)]
        if (take && shares.take(groups) === undefined) held.push(groups)
        else if (!take && held.length > 0) shares.giveBack(held.shift()!)
        expect(shares.taken).toBe(held.length)
        expect(shares.taken).toBeLessThanOrEqual(limit)
      }
      for (const groups of held) shares.giveBack(groups)
      expect(shares.take([group('c0'), group('d0')])).toBeUndefined()
    }),
  )
})
