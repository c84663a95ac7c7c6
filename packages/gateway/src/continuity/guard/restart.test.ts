import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { recursiveServer } from '../../in-process.test-support.ts'
import { type ContinuityStore, openContinuityStore } from '../continuity-store.ts'
import { GOOD, HOUR, MINUTE, World, noData, silent } from './world.test-support.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-guard-'))
  vi.useFakeTimers()
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(directory, { recursive: true })
})

async function open(): Promise<ContinuityStore> {
  const store = await openContinuityStore({ directory, logger: undefined })
  if (store === undefined) throw new Error('the directory is in use')
  return store
}

/** The next process, so much later by the clock on the wall. */
async function restart(before: World, away: number, options = {}): Promise<World> {
  await before.stop()
  return new World({ store: await open(), now: before.gateway.zones.now + away, ...options })
}

test('a last good answer is there after a restart with everything down, however long that took', async () => {
  let world = new World({ store: await open() })
  await world.prove()
  for (const away of [1000, 30 * 24 * HOUR, -400 * 24 * HOUR]) {
    world = await restart(world, away)
    world.says = silent
    expect(await world.see()).toBe('93.184.216.34 EDE 3')
  }
  await world.stop()
})

test('a doubt goes on after a restart with the time for which it has stood, and ends with a good answer', async () => {
  let world = new World({ store: await open() })
  await world.prove()
  world.says = noData
  await world.ask()
  const since = world.gateway.zones.now
  await world.pass(2 * HOUR)
  const [before] = world.gateway.guard.reports()
  world = await restart(world, MINUTE)
  const [after] = world.gateway.guard.reports()
  expect(after).toEqual(before)
  expect(after).toMatchObject({ since, trouble: 'no-data' })
  world.says = noData
  await world.pass(31_000)
  // The minute between the two processes counts, as any gap does.
  const counted = (before?.left ?? 0) - (world.gateway.guard.reports()[0]?.left ?? 0)
  expect(counted).toBeGreaterThan(MINUTE)
  expect(counted).toBeLessThan(7 * MINUTE)
  world = await restart(world, 100 * 24 * HOUR)
  world.says = noData
  await world.pass(31_000)
  expect(world.gateway.guard.reports()).toHaveLength(1)
  world.says = recursiveServer(GOOD)
  await world.pass(10 * MINUTE)
  expect(world.gateway.guard.reports()).toEqual([])
  world = await restart(world, 0)
  expect(world.gateway.guard.reports()).toEqual([])
  await world.stop()
})

test('a failure of an earlier process is asked about as soon as somebody wants the answer', async () => {
  let world = new World({ store: await open() })
  await world.prove()
  world.says = silent
  await world.ask()
  world = await restart(world, MINUTE)
  expect(world.gateway.guard.reports()).toMatchObject([{ trouble: 'failed' }])
  await world.pass(HOUR)
  expect(world.sent).toBe(0)
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
  await world.pass(1500)
  expect(await world.see()).toBe('93.184.216.34')
  await world.stop()
})

test('neither the time between two processes nor a clock that is set forward proves what waits for its proof', async () => {
  let world = new World({ store: await open() })
  await world.ask()
  await world.pass(5 * MINUTE)
  world = await restart(world, 365 * 24 * HOUR)
  await world.ask()
  expect(world.gateway.guard.stats().answers).toBe(0)
  // But the five minutes before count, and the proof is asked for again.
  await world.pass(5 * MINUTE)
  await world.ask()
  expect(world.gateway.guard.stats().answers).toBe(1)
  await world.stop()
})

test('what was accepted is not there after a restart', async () => {
  let world = new World({ store: await open() })
  await world.prove()
  world.says = noData
  const { name } = (await world.ask()).questions[0]!
  world.gateway.guard.acceptName(name)
  world = await restart(world, 0)
  world.says = noData
  expect(await world.see()).toBe('NOERROR')
  await world.stop()
})

test('names that are guarded no longer are gone from the disk', async () => {
  let world = new World({ store: await open() })
  await world.prove()
  world = await restart(world, 0, { guard: ['*.other'] })
  expect(world.gateway.guard.stats().answers).toBe(0)
  world = await restart(world, 0)
  expect(world.gateway.guard.stats().answers).toBe(0)
  await world.stop()
})

test('only so many questions are remembered, and those that are used stay', async () => {
  const limits = { guardQuestions: 20 }
  const zone = Array.from({ length: 60 }, (_, n) => `n${n}.example. 60 A 93.184.216.${n}\n`).join('')
  let world = new World({ store: await open(), limits })
  world.says = recursiveServer(zone)
  for (let n = 0; n < 60; n++) {
    await world.ask('n0.example')
    await world.prove(`n${n}.example`)
  }
  expect(world.gateway.guard.stats().answers).toBe(20)
  world = await restart(world, 0, { limits })
  world.says = silent
  expect(world.gateway.guard.stats().answers).toBe(20)
  expect(await world.see('n0.example')).toBe('93.184.216.0 EDE 3')
  expect(await world.see('n59.example')).toBe('93.184.216.59 EDE 3')
  expect(await world.see('n30.example')).toContain('SERVFAIL')
  await world.stop()
})

test('made-up names push out no good answer', async () => {
  const world = new World({ limits: { guardQuestions: 20, clientLookups: 100_000 } })
  await world.prove()
  for (let n = 0; n < 200; n++) {
    world.says = recursiveServer(`made-up-${n}.example. 60 A 93.184.216.9\n`)
    await world.ask(`made-up-${n}.example`)
  }
  world.says = silent
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
})
