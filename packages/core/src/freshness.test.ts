import { expect, test } from 'vitest'
import { freshnessOf } from './freshness.ts'
import { NOW, signed } from './record.test-support.ts'

const record = await signed({ ttl: 60, expiresAt: NOW + 3_600_000 })

test.each([
  ['just received', NOW, NOW, 'fresh'],
  ['within its TTL', NOW, NOW + 59_999, 'fresh'],
  ['at the end of its TTL', NOW, NOW + 60_000, 'stale'],
  ['at its last moment', NOW, NOW + 3_600_000, 'stale'],
  ['after its last moment', NOW, NOW + 3_600_001, 'expired'],
  ['expired, though just received', NOW + 3_600_001, NOW + 3_600_001, 'expired'],
  ['received in the future, because the clock was set back', NOW + 1, NOW, 'stale'],
])('a copy %s: %3$s', (_, confirmedAt, now, freshness) => {
  expect(freshnessOf(record, confirmedAt, now)).toBe(freshness)
})

test('a record with TTL 0 is never fresh', async () => {
  const uncacheable = await signed({ ttl: 0 })
  expect(freshnessOf(uncacheable, NOW, NOW)).toBe('stale')
})

test('a signature valid for less than the TTL expires all the same', async () => {
  const brief = await signed({ ttl: 3600, expiresAt: NOW + 1000 })
  expect(freshnessOf(brief, NOW, NOW + 1001)).toBe('expired')
})
