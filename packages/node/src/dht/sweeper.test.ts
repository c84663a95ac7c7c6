import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, createOwner } from '../engine.test-support.ts'
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
  const sweeper = new Sweeper([guard], silentLogger)
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
  const sweeper = new Sweeper([{ sweep }], silentLogger)
  await vi.advanceTimersByTimeAsync(5 * MINUTE)
  await sweeper.stop()
  expect(vi.getTimerCount()).toBe(0)
})
