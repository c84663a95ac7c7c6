import { beforeEach, expect, test } from 'vitest'
import { DAY, MINUTE, SteppedClock, quiet } from '../engine.test-support.ts'
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

test('who has something to say looks before all who are due, and they have their turn as well', async () => {
  rendezvous.frozen = true
  for (let n = 0; n < 100; n++) meetings.add(String(n))
  await clock.pass(2_000)
  meetings.needed('99')
  await clock.pass(21_000)
  expect(rendezvous.searches.map(({ topic }) => topic)).toEqual(['0', '99'])
  for (let turn = 0; turn < 6; turn++) {
    meetings.needed('99')
    await clock.pass(21_000)
  }
  expect(rendezvous.searches.map(({ topic }) => topic)).toEqual(['0', '99', '1', '99', '2', '99', '3', '99'])
})

test('a topic that nobody listens in here is neither looked for nor found', async () => {
  meetings.needed('topic')
  await clock.pass(2 * 60 * MINUTE)
  expect(rendezvous.searches).toEqual([])
  expect(rendezvous.foundBy).toEqual(new Set())
  expect(clock.pending).toBe(0)
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

test('a search for which there is never time enough does not keep this node from being found', async () => {
  rendezvous.meet = async (topic, count, { signal }) => {
    rendezvous.searches.push({ topic, count })
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  }
  meetings.add('topic')
  await clock.pass(DAY)
  expect(rendezvous.searches.length).toBeGreaterThan(10)
  expect(rendezvous.foundBy).toEqual(new Set(['topic']))
})

test('a topic that is left while it is being said is not found afterwards', async () => {
  const said = Promise.withResolvers<void>()
  let isEnded = false
  rendezvous.beFound = async (topic, { signal }) => {
    signal.addEventListener('abort', () => {
      isEnded = true
    })
    await said.promise
    rendezvous.foundBy.add(topic)
    return 1
  }
  meetings.add('topic')
  await clock.pass(1_000)
  await meetings.remove('topic')
  expect(isEnded).toBe(true)
  said.resolve()
  await quiet()
  expect(rendezvous.foundBy).toEqual(new Set())
})

test('a topic that is left and joined again while it is being said is said again', async () => {
  const calls: PromiseWithResolvers<void>[] = []
  rendezvous.beFound = async topic => {
    const call = Promise.withResolvers<void>()
    calls.push(call)
    await call.promise
    rendezvous.foundBy.add(topic)
    return 1
  }
  meetings.add('topic')
  await clock.pass(1_000)
  await meetings.remove('topic')
  meetings.add('topic')
  calls[0]?.resolve()
  await clock.pass(2_000)
  expect(calls).toHaveLength(2)
  calls[1]?.resolve()
  await quiet()
  expect(rendezvous.foundBy).toEqual(new Set(['topic']))
})

test('where the clock is set back, others are looked for as before', async () => {
  meetings.add('topic')
  await clock.pass(MINUTE)
  clock.set(-30 * DAY)
  await clock.pass(3 * 61 * MINUTE)
  expect(rendezvous.searches).toHaveLength(4)
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
