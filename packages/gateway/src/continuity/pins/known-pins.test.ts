import { type Name, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { idOf } from '../../zones.test-support.ts'
import { KnownPins } from './known-pins.ts'
import type { Pin } from './pin.ts'

const DAY = 86_400_000
const [ONE, TWO] = [idOf(1), idOf(2)]
const domain = (n: number): Name => parseName(`d${n}.com.`)
const pinAt = (time: number): Pin => ({ zoneId: ONE, by: 'dnssec', since: time, seenAt: time })
const candidate = { zoneId: ONE, firstSeen: 0 }

function fill(most: number): { pins: KnownPins; clock: { now: number } } {
  const clock = { now: 0 }
  const pins = new KnownPins({ most, now: () => clock.now, store: undefined })
  for (let n = 0; n < most; n++) expect(pins.learn(domain(n), pinAt(clock.now + n), undefined)).toBe(true)
  return { pins, clock }
}

test('a flood of new pins takes no known one away, but for one that was not seen for a season', () => {
  const { pins, clock } = fill(10)
  clock.now = 80 * DAY
  expect(pins.learn(domain(10), pinAt(clock.now), undefined)).toBe(false)
  expect(pins.reports()).toHaveLength(10)
  expect(pins.find(domain(10))).toBeUndefined()
  // A known one changes all the same.
  expect(pins.learn(domain(3), { ...pinAt(clock.now), zoneId: TWO }, undefined)).toBe(true)
  clock.now = 91 * DAY
  expect(pins.learn(domain(10), pinAt(clock.now), undefined)).toBe(true)
  expect(pins.find(domain(0))).toBeUndefined()
  expect(pins.reports()).toHaveLength(10)
})

test('no more than a quarter as many wait to be seen again', () => {
  const { pins } = fill(10)
  for (let n = 20; n < 40; n++) pins.learn(domain(n), undefined, candidate)
  expect(pins.stats()).toMatchObject({ waiting: 3, pins: { dnssec: 10 } })
  pins.learn(domain(20), undefined, undefined)
  pins.learn(domain(50), undefined, candidate)
  expect(pins.candidateOf(domain(50))).toEqual(candidate)
})

test('a name belongs to the nearest domain at or above it that is pinned', () => {
  const { pins } = fill(1)
  pins.configure([{ domain: parseName('a.d0.com.'), zoneId: TWO }], true)
  const zoneOf = (name: string): string | undefined => pins.find(parseName(name))?.zoneId
  expect(['d0.com', 'x.D0.com', 'a.d0.com', 'b.a.d0.com', 'xa.d0.com'].map(zoneOf)).toEqual([
    ONE,
    ONE,
    TWO,
    TWO,
    ONE,
  ])
  expect(['com', 'd1.com', 'd0.org', '.'].map(zoneOf)).toEqual([undefined, undefined, undefined, undefined])
})

test('where the user wants none to be learned, those that are known do not count, and are kept', () => {
  const { pins } = fill(1)
  pins.configure([{ domain: parseName('a.d0.com.'), zoneId: TWO }], false)
  expect(pins.find(domain(0))).toBeUndefined()
  expect(pins.reports()).toEqual([{ domain: 'a.d0.com', zoneId: TWO, by: 'user' }])
  pins.configure([], true)
  expect(pins.find(domain(0))).toMatchObject({ zoneId: ONE, by: 'dnssec' })
})
