import { expect, test } from 'vitest'
import { runSchedule } from './schedule.test-support.ts'

/** Milliseconds for schedules here; `pnpm simulate` runs ten thousand. */
const TIME = 15_000

test('in no schedule is a reader left empty or taken back, and every publication that is lost is reported once', async () => {
  const until = performance.now() + TIME
  const totals = { schedules: 0, published: 0, conflicts: 0, lost: 0 }
  for (let seed = 1; performance.now() < until; seed++) {
    const { published, conflicts, lost } = await runSchedule(seed)
    totals.schedules++
    totals.published += published
    totals.conflicts += conflicts
    totals.lost += lost
  }
  // A simulation in which nothing goes wrong shows nothing.
  expect(totals.lost).toBeGreaterThan(0)
  expect(totals.conflicts).toBeGreaterThan(totals.lost)
  expect(totals.published).toBeGreaterThan(0)
}, 60_000)

test('a schedule is the same for the same seed', async () => {
  const [one, other] = [await runSchedule(7), await runSchedule(7)]
  expect(one).toEqual(other)
  expect(await runSchedule(8)).not.toEqual(one)
})
