import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap, type Placement } from './bounded-map.ts'

const NEVER = Infinity
/** One group that may take all, unless a test says otherwise. */
const ALL = [1]
const lasting = (cost: number, group = 0): Placement => ({ group, cost, spentAt: NEVER, endsAt: NEVER })

test('costs stay within every bound, every value that goes is told, and what is held is what was last set', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step = fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'get', 'delete', 'clear'),
    key,
    cost: fc.integer({ min: 1, max: 12 }),
    group: fc.integer({ min: 0, max: 2 }),
    spentIn: fc.integer({ min: 0, max: 20 }),
    endsIn: fc.integer({ min: 0, max: 20 }),
    later: fc.integer({ min: -3, max: 10 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const held = new Map<string, number>()
      const placed = new Map<number, Placement>()
      let now = 0
      const map = new BoundedMap<number>(20, [1, 0.5, 0.25], (removedKey, value) => {
        expect(held.get(removedKey)).toBe(value)
        held.delete(removedKey)
      })
      for (const [n, { kind, key, cost, group, spentIn, endsIn, later }] of steps.entries()) {
        now += later
        if (kind === 'set') {
          const placement = { group, cost, spentAt: now + spentIn, endsAt: now + spentIn + endsIn }
          placed.set(n, placement)
          if (map.set(key, n, placement, now)) held.set(key, n)
        } else if (kind === 'delete') {
          const had = held.has(key)
          expect(map.delete(key)).toBe(had)
        } else if (kind === 'clear') {
          map.clear()
          expect(held.size).toBe(0)
        }
        expect(kind === 'get' ? map.get(key) : map.peek(key)).toBe(held.get(key))
        expect(map.size).toBe(held.size)
        expect(new Map(map)).toEqual(held)
        const costOf = (which: (placement: Placement) => boolean): number =>
          [...held.values()].reduce((sum, value) => {
            const placement = placed.get(value)!
            return which(placement) ? sum + placement.cost : sum
          }, 0)
        expect(map.cost).toBe(costOf(() => true))
        expect(map.cost).toBeLessThanOrEqual(20)
        expect(costOf(({ group }) => group === 1)).toBeLessThanOrEqual(10)
        expect(costOf(({ group }) => group === 2)).toBeLessThanOrEqual(5)
      }
    }),
  )
})

test('a flood of entries that nobody asks for again leaves those in use where they are', () => {
  const map = new BoundedMap<number>(100, ALL)
  const inUse = Array.from({ length: 50 }, (_, n) => `used${n}`)
  for (const key of inUse) map.set(key, 1, lasting(1), 0)
  for (let n = 0; n < 10_000; n++) {
    map.set(`flood${n}`, n, lasting(1), 0)
    // Each is asked for now and then, much less often than the flood comes in.
    map.get(inUse[n % inUse.length] as string)
  }
  expect(inUse.filter(key => map.get(key) === 1)).toHaveLength(50)
  expect(map.evictions).toBe(9950)
})

test('entries in use go too once nobody asks for them any more', () => {
  const map = new BoundedMap<number>(10, ALL)
  for (let n = 0; n < 10; n++) map.set(`old${n}`, n, lasting(1), 0)
  for (let n = 0; n < 10; n++) map.get(`old${n}`)
  for (let n = 0; n < 40; n++) {
    map.set(`new${n}`, n, lasting(1), 0)
    map.get(`new${n}`)
  }
  expect([...Array(10).keys()].filter(n => map.peek(`old${n}`) !== undefined)).toEqual([])
})

test('an entry in use that is replaced counts as in use', () => {
  const map = new BoundedMap<number>(3, ALL)
  map.set('used', 1, lasting(1), 0)
  map.get('used')
  map.set('used', 2, lasting(1), 0)
  for (const key of ['a', 'b', 'c']) map.set(key, 0, lasting(1), 0)
  expect(map.peek('used')).toBe(2)
})

test('what is spent and was not asked for goes first, the one spent longest before the others', () => {
  const map = new BoundedMap<number>(3, ALL)
  map.set('fresh', 1, lasting(1), 0)
  map.set('spent at 20', 1, { ...lasting(1), spentAt: 20 }, 0)
  map.set('spent at 10', 1, { ...lasting(1), spentAt: 10 }, 0)
  map.set('new', 1, lasting(1), 30)
  expect([...map].map(([key]) => key)).toEqual(['fresh', 'spent at 20', 'new'])
  map.set('newer', 1, lasting(1), 30)
  expect([...map].map(([key]) => key)).toEqual(['fresh', 'new', 'newer'])
})

test('what is spent but in use stays, until nobody has asked for it for an hour', () => {
  const hour = 3_600_000
  const map = new BoundedMap<number>(2, ALL)
  map.set('fresh', 1, lasting(1), 0)
  map.set('used', 1, { ...lasting(1), spentAt: 10 }, 0)
  map.get('used')
  map.set('new', 1, lasting(1), 20)
  expect([...map].map(([key]) => key)).toEqual(['used', 'new'])
  map.get('used')
  map.set('newer', 1, lasting(1), 20 + hour)
  expect([...map].map(([key]) => key)).toEqual(['used', 'newer'])
  map.get('newer')
  map.set('newest', 1, lasting(1), 20 + 2 * hour)
  expect([...map].map(([key]) => key)).toEqual(['newer', 'newest'])
})

test('what comes back soon after it was evicted counts as in use', () => {
  // Large enough to remember a few keys.
  const map = new BoundedMap<number>(1280, ALL)
  const third = lasting(400)
  for (const key of ['back', 'b', 'c', 'd']) map.set(key, 1, third, 0)
  expect(map.peek('back')).toBeUndefined()
  map.set('back', 1, third, 0)
  for (const key of ['e', 'f', 'g', 'h']) map.set(key, 1, third, 0)
  expect(map.peek('back')).toBe(1)
})

test('what has ended leaves as others come in, though there is room', () => {
  const map = new BoundedMap<number>(100, ALL)
  for (let n = 0; n < 20; n++) map.set(`ends${n}`, n, { ...lasting(1), spentAt: 5, endsAt: 10 }, 0)
  for (let n = 0; n < 5; n++) map.set(`new${n}`, n, lasting(1), 10)
  expect([...map].map(([key]) => key)).toEqual([0, 1, 2, 3, 4].map(n => `new${n}`))
  expect(map.evictions).toBe(0)
})

test('a group takes no more than its share, and leaves what is in the others alone', () => {
  const map = new BoundedMap<number>(8, [1, 0.25])
  for (let n = 0; n < 6; n++) map.set(`first${n}`, n, lasting(1), 0)
  for (let n = 0; n < 50; n++) map.set(`second${n}`, n, lasting(1, 1), 0)
  expect([...map].map(([key]) => key)).toEqual([
    ...[0, 1, 2, 3, 4, 5].map(n => `first${n}`),
    'second48',
    'second49',
  ])
  // The first group takes what there is, but never what the second may have.
  for (let n = 6; n < 50; n++) map.set(`first${n}`, n, lasting(1), 0)
  expect([...map].filter(([key]) => key.startsWith('second'))).toHaveLength(2)
})

test('what is larger than its group may be is not kept, nor is the value that it should replace', () => {
  const map = new BoundedMap<string>(10, [1, 0.5])
  map.set('a', 'small', lasting(5), 0)
  map.set('b', 'other', lasting(5), 0)
  expect(map.set('a', 'large', lasting(11), 0)).toBe(false)
  expect(map.peek('a')).toBeUndefined()
  expect(map.set('c', 'large for its group', lasting(6, 1), 0)).toBe(false)
  expect(map.peek('b')).toBe('other')
})
