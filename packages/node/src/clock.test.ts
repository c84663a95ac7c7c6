import { beforeEach, expect, test } from 'vitest'
import { SteadyClock } from './clock.ts'
import { DAY, MINUTE, NOW, SteppedClock } from './engine.test-support.ts'

let clock: SteppedClock
let steady: SteadyClock

beforeEach(() => {
  clock = new SteppedClock()
  steady = new SteadyClock(clock)
})

test('a clock that nobody sets is steady by itself', async () => {
  expect(steady.now()).toBe(NOW)
  await clock.pass(MINUTE)
  expect(steady.now()).toBe(NOW + MINUTE)
})

test('where a clock is set back, what passes afterwards counts, and what passed since somebody looked is lost', async () => {
  steady.now()
  await clock.pass(MINUTE)
  clock.set(-3 * DAY)
  expect(steady.now()).toBe(NOW)
  await clock.pass(MINUTE)
  expect(steady.now()).toBe(NOW + MINUTE)
  clock.set(-3 * DAY)
  expect(steady.now()).toBe(NOW + MINUTE)
})

test('what waits for a time runs then, however often the clock is set back', async () => {
  const ran: number[] = []
  const start = clock.now()
  let behind = 0
  steady.at(steady.now() + 30 * MINUTE, () => ran.push(clock.now() + behind - start))
  for (let minute = 0; minute < 60; minute++) {
    await clock.pass(MINUTE)
    clock.set(-MINUTE)
    behind += MINUTE
  }
  expect(ran).toEqual([30 * MINUTE])
})

test('what waits for a time runs within five minutes of the clock being set forward, once', async () => {
  let ran = 0
  steady.at(steady.now() + DAY, () => ran++)
  clock.set(3 * DAY)
  await clock.pass(5 * MINUTE)
  expect(ran).toBe(1)
  clock.set(-3 * DAY)
  await clock.pass(3 * DAY)
  expect(ran).toBe(1)
})

test('no timer is longer than one that a machine has', () => {
  const delays: number[] = []
  const clock = new SteadyClock({ now: () => NOW, after: delay => () => void delays.push(delay) })
  clock.at(NOW + 365 * DAY, () => {})()
  clock.at(-Infinity, () => {})()
  expect(delays).toEqual([5 * MINUTE, 0])
})

test('what is cancelled does not run, also after it has waited for a while', async () => {
  let ran = 0
  const cancel = steady.at(steady.now() + 30 * MINUTE, () => ran++)
  await clock.pass(20 * MINUTE)
  cancel()
  await clock.pass(DAY)
  expect([ran, clock.pending]).toEqual([0, 0])
})
