import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BURST_SECONDS, RateMeters } from './rate-meters.ts'

const START = 1_000_000

test('a burst passes, then as many a second as the rate, and refusals are counted in a row', () => {
  const meters = new RateMeters(10, 100)
  const burst = 10 * BURST_SECONDS
  for (let n = 0; n < burst; n++) expect(meters.take('a', START)).toBe(0)
  expect([1, 2, 3].map(() => meters.take('a', START))).toEqual([1, 2, 3])
  expect(meters.take('b', START)).toBe(0)
  expect(meters.take('a', START + 99)).toBe(4)
  expect(meters.take('a', START + 100)).toBe(0)
  expect(meters.take('a', START + 100)).toBe(1)
  for (let n = 0; n < 10; n++) expect(meters.take('a', START + 1100)).toBe(0)
  expect(meters.take('a', START + 1100)).toBe(1)
})

test('whatever the clock does, no more passes than a burst and what the time that passed gives', () => {
  const steps = fc.array(fc.record({ ms: fc.integer({ min: -5000, max: 2000 }), takes: fc.nat(80) }))
  fc.assert(
    fc.property(steps, all => {
      const meters = new RateMeters(10, 4)
      let now = START
      let forward = 0
      let passed = 0
      for (const { ms, takes } of all) {
        now += ms
        forward += Math.max(0, ms)
        for (let n = 0; n < takes; n++) if (meters.take('a', now) === 0) passed++
      }
      expect(passed).toBeLessThanOrEqual(10 * BURST_SECONDS + (forward * 10) / 1000 + 1e-6)
    }),
  )
})

test('what is charged in any case has to come back first, though no more than a burst of it', () => {
  const meters = new RateMeters(10, 100)
  for (let n = 0; n < 1000; n++) meters.charge('a', START)
  expect(meters.take('a', START + 1000 * BURST_SECONDS)).toBe(1)
  expect(meters.take('a', START + 1000 * BURST_SECONDS + 100)).toBe(0)
})

test('a flood of keys gives nobody less than before, and whoever goes on taking stays over the limit', () => {
  const meters = new RateMeters(10, 100)
  for (let n = 0; n < 1000; n++) meters.take('greedy', START)
  for (let n = 0; n < 10_000; n++) {
    expect(meters.take(`spoofed${n}`, START)).toBe(0)
    if (n % 40 === 0) expect(meters.take('greedy', START)).toBeGreaterThan(0)
  }
  for (let n = 0; n < 10; n++) expect(meters.take('innocent', START)).toBe(0)
})
