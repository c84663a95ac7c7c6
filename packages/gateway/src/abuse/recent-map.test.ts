import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentMap } from './recent-map.ts'

test('it has what was used among the last half of its capacity, and never more than its capacity', () => {
  const key = fc.nat(30).map(String)
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.array(key, { maxLength: 300 }), (capacity, keys) => {
      const map = new RecentMap<string>(capacity)
      let recent: string[] = []
      for (const used of keys) {
        const known = map.get(used)
        if (recent.slice(0, Math.floor(capacity / 2)).includes(used)) expect(known).toBe(used)
        if (known === undefined) map.add(used, used)
        recent = [used, ...recent.filter(other => other !== used)]
        expect(map.size).toBeLessThanOrEqual(capacity)
      }
    }),
  )
})

test('a flood of keys that come once leaves those in use where they are', () => {
  const map = new RecentMap<number>(100)
  for (let n = 0; n < 20; n++) map.add(`used${n}`, n)
  for (let n = 0; n < 10_000; n++) {
    map.add(`flood${n}`, n)
    expect(map.get(`used${n % 20}`)).toBe(n % 20)
  }
  expect(map.size).toBeLessThanOrEqual(100)
})
