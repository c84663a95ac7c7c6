import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Schedule } from './schedule.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function start(run: (key: string) => Promise<void> = async () => {}) {
  const done: string[] = []
  const begin = performance.now()
  const schedule = new Schedule({
    steady: () => performance.now() - begin,
    run: async key => {
      done.push(`${key} ${performance.now() - begin}`)
      await run(key)
    },
  })
  return { schedule, done }
}

test('each key has its time, the last one that was set, and one timer is enough', async () => {
  const { schedule, done } = start()
  schedule.set('b', 2000)
  schedule.set('a', 1000)
  schedule.set('c', 500)
  schedule.set('c', 3000)
  schedule.set('d', 1500)
  schedule.delete('d')
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(done).toEqual(['a 1000', 'b 2000', 'c 3000'])
  expect(vi.getTimerCount()).toBe(0)
})

test('no more than sixteen are under way at once, and those that wait follow', async () => {
  const gates: (() => void)[] = []
  const { schedule, done } = start(
    () =>
      new Promise(resolve => {
        gates.push(resolve)
      }),
  )
  for (let n = 0; n < 40; n++) schedule.set(`k${n}`, 10)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(done).toHaveLength(16)
  gates.shift()?.()
  await vi.advanceTimersByTimeAsync(10)
  expect(done).toHaveLength(17)
  for (let n = 0; n < 40; n++) {
    gates.shift()?.()
    await vi.advanceTimersByTimeAsync(10)
  }
  expect(done).toHaveLength(40)
})

test('what is under way may set its own next time', async () => {
  const { schedule, done } = start(async key => {
    if (done.length < 3) schedule.set(key, performance.now() + 5)
  })
  schedule.set('a', 0)
  await vi.advanceTimersByTimeAsync(100)
  expect(done).toHaveLength(3)
})

test('nothing is begun once it is closed', async () => {
  const { schedule, done } = start()
  schedule.set('a', 10)
  schedule.close()
  schedule.set('b', 10)
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(done).toEqual([])
})
