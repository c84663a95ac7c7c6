import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DAY, NOW, createOwner } from '../engine.test-support.ts'
import { GuardedDatastore, KEPT_FOR } from './guarded-datastore.ts'
import { silentLogger } from '../logger.ts'
import { Sweeper } from './sweeper.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'

const MINUTE = 60_000
const owner = createOwner()

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

async function heldAfter(minutes: readonly number[], stop: boolean): Promise<boolean[]> {
  const guard = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier: createSteppedVerifier(),
    now: Date.now,
  })
  await guard.hold(owner.zoneId, (await owner.sign(1)).bytes)
  // Over its time in two minutes.
  vi.setSystemTime(NOW + KEPT_FOR - 2 * MINUTE)
  const sweeper = new Sweeper([guard], { now: Date.now, logger: silentLogger })
  if (stop) await sweeper.stop()
  const held: boolean[] = []
  let passed = 0
  for (const minute of minutes) {
    await vi.advanceTimersByTimeAsync((minute - passed) * MINUTE)
    passed = minute
    held.push((await guard.held(owner.zoneId)) !== undefined)
  }
  await sweeper.stop()
  return held
}

test('old records are swept five minutes after the start', async () => {
  expect(await heldAfter([4, 5], false)).toEqual([true, false])
})

test('a sweeper that was stopped sweeps nothing', async () => {
  expect(await heldAfter([5, 65], true)).toEqual([true, true])
  expect(vi.getTimerCount()).toBe(0)
})

test('whoever stops a sweeper does not wait for the end of its sweep', async () => {
  const over = Promise.withResolvers<number>()
  const sweep = async (signal?: AbortSignal): Promise<number> => {
    signal?.addEventListener('abort', () => {
      over.resolve(0)
    })
    return over.promise
  }
  const sweeper = new Sweeper([{ sweep }], { now: Date.now, logger: silentLogger })
  await vi.advanceTimersByTimeAsync(5 * MINUTE)
  await sweeper.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('a clock that is wrong for a moment forgets nothing, and one that was set sweeps an hour later', async () => {
  let passed = 0
  let ahead = 0
  const clock = { now: () => NOW + passed + ahead, elapsed: () => passed, logger: silentLogger }
  const guard = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier: createSteppedVerifier(),
    now: clock.now,
  })
  const pass = async (minutes: number): Promise<void> => {
    passed += minutes * MINUTE
    await vi.advanceTimersByTimeAsync(minutes * MINUTE)
  }
  await guard.hold(owner.zoneId, (await owner.sign(5)).bytes)
  const older = (await owner.sign(3, { expiresAt: NOW + 700 * DAY })).bytes
  const isHeld = async (): Promise<boolean> => (await guard.held(owner.zoneId)) !== undefined
  const sweeper = new Sweeper([guard], clock)
  ahead = 400 * DAY
  await pass(5)
  ahead = 0
  await pass(1)
  await expect(guard.hold(owner.zoneId, older)).rejects.toMatchObject({ code: 'STALE_SEQUENCE' })
  expect(await isHeld()).toBe(true)

  // Set for good, to two days later.
  ahead = KEPT_FOR
  await pass(59)
  expect(await isHeld()).toBe(true)
  ahead += 59 * MINUTE
  await pass(60)
  expect(await isHeld()).toBe(false)
  await sweeper.stop()
})

test('a place that fails keeps no other one unswept', async () => {
  let swept = 0
  const broken = { sweep: () => Promise.reject(new Error('the disk is away')) }
  const good = { sweep: () => Promise.resolve(++swept) }
  const sweeper = new Sweeper([broken, good], { now: Date.now, logger: silentLogger })
  await vi.advanceTimersByTimeAsync(5 * MINUTE)
  await sweeper.stop()
  expect(swept).toBe(1)
})
