import { expect, test } from 'vitest'
import { Allowances } from './allowances.ts'

test('a peer gets its burst at once, and then its rate', () => {
  const allowances = new Allowances({ burst: 3, perSecond: 2 })
  const takes = (count: number, now: number): boolean[] =>
    Array.from({ length: count }, () => allowances.take('a', now))
  expect(takes(4, 0)).toEqual([true, true, true, false])
  expect(takes(3, 1_000)).toEqual([true, true, false])
  expect(takes(4, 60_000)).toEqual([true, true, true, false])
})

test('what one peer takes, another does not miss', () => {
  const allowances = new Allowances({ burst: 1, perSecond: 1 })
  expect(allowances.take('a', 0)).toBe(true)
  expect(allowances.isSpent('a', 0)).toBe(true)
  expect(allowances.isSpent('b', 0)).toBe(false)
})

test('something dear is paid for afterwards', () => {
  const allowances = new Allowances({ burst: 10, perSecond: 1 })
  allowances.charge('a', 0, 15)
  expect(allowances.isSpent('a', 5_999)).toBe(true)
  expect(allowances.isSpent('a', 6_000)).toBe(false)
})

test('something dear is paid for by a peer that never stops, too', () => {
  const allowances = new Allowances({ burst: 1_000, perSecond: 20 })
  const charged: number[] = []
  for (let now = 0; now < 600_000; now++)
    if (allowances.take('a', now)) {
      allowances.charge('a', now, 50)
      charged.push(now)
    }
  expect(charged.filter(now => now < 1_000)).toHaveLength(20)
  expect(charged.length).toBeLessThanOrEqual(20 + (600 * 20) / 51)
})

test('nobody owes more than a burst', () => {
  const allowances = new Allowances({ burst: 10, perSecond: 1 })
  for (let time = 0; time < 100; time++) allowances.charge('a', 0, 15)
  expect(allowances.isSpent('a', 10_999)).toBe(true)
  expect(allowances.isSpent('a', 11_000)).toBe(false)
})

test('a clock that is set back gives nothing and takes nothing', () => {
  const allowances = new Allowances({ burst: 2, perSecond: 1 })
  allowances.take('a', 10_000)
  expect(allowances.take('a', 0)).toBe(true)
  expect(allowances.take('a', 0)).toBe(false)
})

test('a peer that goes on asking is not forgotten for others, and gets no new burst', () => {
  const allowances = new Allowances({ burst: 1, perSecond: 0.001 })
  allowances.take('spent', 0)
  for (let peer = 0; peer < 3_000; peer++) {
    allowances.take(String(peer), 0)
    expect(allowances.take('spent', 0)).toBe(false)
  }
})

test('peers that come and go do not fill the memory', () => {
  const allowances = new Allowances({ burst: 1, perSecond: 1 })
  allowances.take('first', 0)
  for (let peer = 0; peer < 1_000; peer++) allowances.take(String(peer), 0)
  expect(allowances.isSpent('0', 0)).toBe(true)
  expect(allowances.isSpent('first', 0)).toBe(false)
})
