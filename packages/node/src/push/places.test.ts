import type { ZoneId } from '@signpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOwner } from '../engine.test-support.ts'
import { Places } from './places.ts'

const zones = Array.from({ length: 8 }, (_, at) => createOwner(at + 1).zoneId)
const [a, b, c, d] = zones as [ZoneId, ZoneId, ZoneId, ZoneId]

test('those have a place that came first', () => {
  const places = new Places(2)
  expect([a, b, c].map(zoneId => places.add(zoneId, false))).toEqual([undefined, undefined, undefined])
  expect([a, b, c].map(zoneId => places.has(zoneId))).toEqual([true, true, false])
})

test('an own zone takes the place of the one that came last of the others, and of no own one', () => {
  const places = new Places(2)
  places.add(a, false)
  places.add(b, false)
  expect(places.add(c, true)).toBe(b)
  expect(places.add(d, true)).toBe(a)
  expect(places.add(a, true)).toBeUndefined()
  expect(places.has(a)).toBe(false)
})

test('a place that becomes free goes to the one that has waited longest, to own ones first', () => {
  const places = new Places(1)
  places.add(a, true)
  for (const zoneId of [b, c]) places.add(zoneId, false)
  places.add(d, true)
  expect(places.remove(c)).toBeUndefined()
  expect(places.remove(a)).toBe(d)
  expect(places.remove(d)).toBe(b)
  expect(places.remove(b)).toBeUndefined()
})

test('whatever comes and goes, no place is empty while somebody waits, and no other zone has one while an own one waits', () => {
  const step = fc.record({
    zoneId: fc.constantFrom(...zones),
    what: fc.constantFrom('own', 'other', 'remove'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const places = new Places(3)
      const own = new Set<ZoneId>()
      const others = new Set<ZoneId>()
      const listening = new Set<ZoneId>()
      for (const { zoneId, what } of steps) {
        if (what === 'remove') {
          own.delete(zoneId)
          others.delete(zoneId)
          const next = places.remove(zoneId)
          listening.delete(zoneId)
          if (next !== undefined) listening.add(next)
        } else {
          if (what === 'own') own.add(zoneId)
          else others.add(zoneId)
          const displaced = places.add(zoneId, what === 'own')
          if (displaced !== undefined) listening.delete(displaced)
          if (places.has(zoneId)) listening.add(zoneId)
        }
        const known = new Set([...own, ...others])
        expect(zones.filter(zone => places.has(zone))).toEqual(zones.filter(zone => listening.has(zone)))
        expect(listening.size).toBe(Math.min(3, known.size))
        expect([...listening].filter(zone => own.has(zone))).toHaveLength(Math.min(3, own.size))
      }
    }),
  )
})
