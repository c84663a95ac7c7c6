import type { ZoneId } from '@signpost/core'
import { beforeEach, expect, test } from 'vitest'
import { DAY, SteppedClock, createOwner, quiet } from '../engine.test-support.ts'
import { silentLogger } from '../logger.ts'
import { Fetcher } from './fetcher.ts'

const zones = Array.from({ length: 30 }, (_, at) => createOwner(at + 1).zoneId)

let clock: SteppedClock
let fetcher: Fetcher
/** Under way: who is asked for what, and what ends it. */
let asked: { readonly peer: string; readonly zoneId: ZoneId; readonly answer: () => void }[]

beforeEach(() => {
  clock = new SteppedClock()
  asked = []
  fetcher = new Fetcher({
    clock,
    logger: silentLogger,
    ask: async (peer, zoneId, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ peer, zoneId, answer: resolve })
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      }),
  })
})

test('a peer that wants to be asked for much keeps no other waiting', async () => {
  for (const zoneId of zones) fetcher.want('much', zoneId)
  fetcher.want('little', zones[0]!)
  expect(asked.map(({ peer }) => peer)).toEqual(['much', 'much', 'little'])
})

test('no more than eight are asked at a time, and all in the end', async () => {
  for (let peer = 0; peer < 20; peer++)
    for (const zoneId of zones.slice(0, 3)) fetcher.want(String(peer), zoneId)
  expect(asked).toHaveLength(8)
  for (let at = 0; at < 60; at++) {
    asked[at]?.answer()
    await quiet()
    expect(asked.length).toBeLessThanOrEqual(at + 9)
  }
  expect(new Set(asked.map(({ peer, zoneId }) => peer + zoneId)).size).toBe(60)
})

test('a peer that does not answer is not asked for the rest', async () => {
  for (const zoneId of zones) fetcher.want('silent', zoneId)
  await clock.pass(10_000)
  expect(asked).toHaveLength(2)
  fetcher.want('silent', zones[0]!)
  expect(asked).toHaveLength(3)
})

test('a peer that comes and goes does not make this node ask for ever', async () => {
  for (let turn = 0; turn < 5_000; turn++) {
    fetcher.want('restless', zones[turn % zones.length]!)
    asked.at(-1)?.answer()
    await Promise.resolve()
  }
  await quiet()
  expect(asked.length).toBeLessThanOrEqual(1_000)
})

test('a peer that has wanted enough is asked again after a while, also where the clock is set back', async () => {
  const answerAll = async (): Promise<void> => {
    for (const { answer } of asked) answer()
    await quiet()
  }
  for (let turn = 0; turn < 1_001; turn++) {
    fetcher.want('restless', zones[0]!)
    await answerAll()
  }
  expect(asked).toHaveLength(1_000)
  clock.set(-3 * DAY)
  fetcher.want('restless', zones[0]!)
  await clock.pass(1_000)
  fetcher.want('restless', zones[0]!)
  expect(asked).toHaveLength(1_001)
})

test('what is under way ends when the node stops', async () => {
  for (const zoneId of zones) fetcher.want('peer', zoneId)
  await fetcher.stop()
  fetcher.want('peer', zones[0]!)
  expect(asked).toHaveLength(2)
  expect(clock.pending).toBe(0)
})
