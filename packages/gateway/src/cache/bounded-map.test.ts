import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

test('costs stay within the capacity, every value that goes is told, and what is held is what was last set', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set'), key, cost: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('get'), key, cost: fc.constant(0) }),
    fc.record({ kind: fc.constant('delete'), key, cost: fc.constant(0) }),
    fc.record({ kind: fc.constantFrom('clear'), key, cost: fc.constant(0) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const held = new Map<string, number>()
      const costs = new Map<number, number>()
      const map = new BoundedMap<number>(20, (removedKey, value) => {
        expect(held.get(removedKey)).toBe(value)
        held.delete(removedKey)
      })
      for (const [n, { kind, key, cost }] of steps.entries()) {
        if (kind === 'set') {
          costs.set(n, cost)
          if (map.set(key, n, cost)) held.set(key, n)
        } else if (kind === 'delete') {
          const had = held.has(key)
          expect(map.delete(key)).toBe(had)
        } else if (kind === 'clear') {
          map.clear()
          expect(held.size).toBe(0)
        }
        expect(map.get(key)).toBe(held.get(key))
        expect(map.size).toBe(held.size)
        expect(map.cost).toBeLessThanOrEqual(20)
        expect(map.cost).toBe([...held.values()].reduce((sum, value) => sum + (costs.get(value) ?? 0), 0))
      }
    }),
  )
})

test('a flood of entries that nobody asks for again leaves those in use where they are', () => {
  const map = new BoundedMap<number>(100)
  const inUse = Array.from({ length: 50 }, (_, n) => `used${n}`)
  for (const key of inUse) map.set(key, 1, 1)
  for (let n = 0; n < 10_000; n++) {
    map.set(`flood${n}`, n, 1)
    // Each is asked for now and then, much less often than the flood comes in.
    map.get(inUse[n % inUse.length] as string)
  }
  expect(inUse.filter(key => map.get(key) === 1)).toHaveLength(50)
  expect(map.evictions).toBe(9950)
})

test('entries in use go too once nobody asks for them any more', () => {
  const map = new BoundedMap<number>(10)
  for (let n = 0; n < 10; n++) map.set(`old${n}`, n, 1)
  for (let n = 0; n < 10; n++) map.get(`old${n}`)
  for (let n = 0; n < 40; n++) {
    map.set(`new${n}`, n, 1)
    map.get(`new${n}`)
  }
  expect([...Array(10).keys()].filter(n => map.get(`old${n}`) !== undefined)).toEqual([])
})

test('what is larger than the whole is not kept, nor is the value that it should replace', () => {
  const map = new BoundedMap<string>(10)
  map.set('a', 'small', 5)
  map.set('b', 'other', 5)
  expect(map.set('a', 'large', 11)).toBe(false)
  expect(map.get('a')).toBeUndefined()
  expect(map.get('b')).toBe('other')
})
