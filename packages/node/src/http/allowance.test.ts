import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Allowance } from './allowance.ts'

test('as many as the burst at once, and then as many a second as it says', () => {
  const allowance = new Allowance(3, 2, 0)
  const takenAt = (now: number): number => [1, 2, 3, 4, 5].filter(() => allowance.take(now)).length
  expect(takenAt(0)).toBe(3)
  expect(takenAt(499)).toBe(0)
  expect(takenAt(500)).toBe(1)
  expect(takenAt(1_500)).toBe(2)
  expect(takenAt(1_000_000)).toBe(3)
})

test('never more than the burst and what the time gives, also where the clock goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 300 }), { maxLength: 200 }), steps => {
      const allowance = new Allowance(5, 10, 0)
      let [now, forward, taken] = [0, 0, 0]
      for (const step of steps) {
        now += step
        forward += Math.max(0, step)
        if (allowance.take(now)) taken++
      }
      expect(taken).toBeLessThanOrEqual(5 + forward / 100)
    }),
  )
})

test('what is charged beyond what is left has to come back first', () => {
  const allowance = new Allowance(3, 2, 0)
  allowance.charge(5, 0)
  expect(allowance.isSpent(1_499)).toBe(true)
  expect(allowance.isSpent(1_500)).toBe(false)
  expect(allowance.take(1_500)).toBe(true)
  expect(allowance.take(1_500)).toBe(false)
})
