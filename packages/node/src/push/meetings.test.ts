import { beforeEach, expect, test } from 'vitest'
import { MINUTE, SteppedClock } from '../engine.test-support.ts'
import { silentLogger } from '../logger.ts'
import { Meetings } from './meetings.ts'
import { MemoryRendezvous } from './memory-rendezvous.test-support.ts'

let clock: SteppedClock
let rendezvous: MemoryRendezvous
let meetings: Meetings
let listening: number

beforeEach(() => {
  clock = new SteppedClock()
  rendezvous = new MemoryRendezvous()
  listening = 0
  const subscribers = (): number => listening
  meetings = new Meetings({ rendezvous, clock, random: () => 0.5, subscribers, logger: silentLogger })
})

test('those who listen in a topic are looked for, and this node lets itself be found', async () => {
  listening = 1
  meetings.add('topic')
  await clock.pass(1_000)
  expect(rendezvous.searches).toEqual([{ topic: 'topic', count: 3 }])
  expect(rendezvous.foundBy).toEqual(new Set(['topic']))
  await meetings.remove('topic')
  await clock.pass(60 * MINUTE)
  expect(rendezvous.searches).toHaveLength(1)
  expect(rendezvous.foundBy).toEqual(new Set())
})

test('where enough listen, nobody is looked for', async () => {
  listening = 4
  meetings.add('topic')
  await clock.pass(60 * MINUTE)
  expect(rendezvous.searches).toEqual([])
  expect(rendezvous.foundBy).toEqual(new Set(['topic']))
})

test('while too few listen, others are looked for every hour', async () => {
  meetings.add('topic')
  await clock.pass(6 * 61 * MINUTE)
  expect(rendezvous.searches).toHaveLength(7)
})

test('who has something to say and nobody who listens looks at once', async () => {
  meetings.add('topic')
  await clock.pass(5 * MINUTE)
  listening = 1
  meetings.needed('topic')
  await clock.pass(MINUTE)
  expect(rendezvous.searches).toHaveLength(1)
  listening = 0
  meetings.needed('topic')
  await clock.pass(0)
  expect(rendezvous.searches).toHaveLength(2)
})

test('with many topics, one is held after the other', async () => {
  for (let n = 0; n < 100; n++) meetings.add(String(n))
  await clock.pass(10_000)
  expect(rendezvous.searches.length).toBeLessThanOrEqual(11)
  await clock.pass(5 * MINUTE)
  expect(new Set(rendezvous.searches.map(({ topic }) => topic)).size).toBe(100)
})

test('a search without an end keeps the others waiting for a moment only', async () => {
  rendezvous.frozen = true
  meetings.add('first')
  meetings.add('second')
  await clock.pass(25_000)
  expect(rendezvous.searches.map(({ topic }) => topic)).toEqual(['first', 'second'])
})

test('a node that nobody could be told of tries again', async () => {
  rendezvous.told = 0
  meetings.add('topic')
  await clock.pass(MINUTE)
  expect(rendezvous.foundBy).toEqual(new Set())
  rendezvous.told = 1
  rendezvous.broken = true
  await clock.pass(60 * MINUTE)
  rendezvous.broken = false
  await clock.pass(60 * MINUTE)
  expect(rendezvous.foundBy).toEqual(new Set(['topic']))
})

test('a node that stops ends its search', async () => {
  rendezvous.frozen = true
  meetings.add('topic')
  await clock.pass(2_000)
  await meetings.stop()
  expect(clock.pending).toBe(0)
})
