import { beforeEach, expect, test } from 'vitest'
import { SteadyClock } from '../clock.ts'
import { DAY, MINUTE, NOW, SteppedClock } from '../engine.test-support.ts'
import { Turns } from './turns.ts'

const TASK = 10_000

let clock: SteppedClock
let turns: Turns<string>
/** Who had a turn, and when, in seconds. */
let had: [key: string, second: number][]

beforeEach(() => {
  clock = new SteppedClock()
  had = []
  turns = new Turns({
    clock: new SteadyClock(clock),
    pause: 1_000,
    run: async key => {
      had.push([key, (clock.now() - NOW) / 1_000])
      turns.set(key, clock.now() + 60 * MINUTE)
      await new Promise<void>(resolve => clock.after(TASK, resolve))
    },
  })
})

test('one task runs after the other, with a pause between, those first that are due longest', async () => {
  turns.set('late', NOW + 2)
  turns.set('early', NOW + 1)
  turns.set('last', NOW + 3)
  await clock.pass(MINUTE)
  expect(had).toEqual([
    ['early', 0.001],
    ['late', 11.001],
    ['last', 22.001],
  ])
})

test('who hurries comes next, and leaves every other turn to those who are due', async () => {
  for (const key of ['a', 'b', 'c', 'd']) turns.set(key, NOW)
  await clock.pass(1_000)
  turns.hurry('d')
  turns.hurry('x')
  await clock.pass(MINUTE)
  expect(had.map(([key]) => key)).toEqual(['a', 'd', 'b', 'x', 'c'])
})

test('who hurries waits for nobody who is not due', async () => {
  turns.set('a', NOW + 30 * MINUTE)
  turns.hurry('x')
  turns.hurry('y')
  await clock.pass(MINUTE)
  expect(had.map(([key]) => key)).toEqual(['x', 'y'])
})

test('who was taken out has no turn, however much it hurried', async () => {
  turns.set('a', NOW + 1_000)
  turns.hurry('a')
  turns.delete('a')
  await clock.pass(MINUTE)
  expect(had).toEqual([])
  expect(clock.pending).toBe(0)
})

test('where the clock is set back by a month, turns come as before, and nothing spins', async () => {
  let timers = 0
  const counted = {
    now: () => clock.now(),
    after: (delay: number, run: () => void) => {
      timers++
      // As Node's timers do.
      return clock.after(delay < 2 ** 31 ? delay : 1, run)
    },
  }
  let count = 0
  const each: Turns<string> = new Turns({
    clock: new SteadyClock(counted),
    pause: 25,
    run: async key => {
      count++
      each.set(key, NOW + count * 60 * MINUTE)
    },
  })
  each.set('zone', NOW)
  await clock.pass(1_000)
  clock.set(-30 * DAY)
  each.set('other', NOW + 60 * MINUTE)
  await clock.pass(59 * MINUTE)
  expect(count).toBe(1)
  await clock.pass(2 * MINUTE)
  expect(count).toBe(3)
  expect(timers).toBeLessThan(20)
})
