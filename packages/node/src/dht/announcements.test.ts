import { expect, test } from 'vitest'
import { DAY, NOW } from '../engine.test-support.ts'
import { Announcements } from './announcements.ts'

const key = `/dht-lan/provider/${'a'.repeat(58)}/12D3KooW${'b'.repeat(44)}`

function take(announcements: Announcements, source: string, count: number, now = NOW): void {
  for (let at = 0; at < count; at++) announcements.take(source, key, now)
}

test('one source may announce ten thousand times in 48 hours', () => {
  const announcements = new Announcements()
  take(announcements, 'a', 10_000)
  expect(() => take(announcements, 'a', 1, NOW + 2 * DAY - 1)).toThrow(
    expect.objectContaining({ reason: 'source' }),
  )
  take(announcements, 'b', 1)
  take(announcements, 'a', 1, NOW + 2 * DAY)
})

test('all together may announce a hundred thousand times', () => {
  const announcements = new Announcements()
  for (let source = 0; source < 10; source++) take(announcements, String(source), 10_000)
  expect(() => take(announcements, 'late', 1)).toThrow(expect.objectContaining({ reason: 'full' }))
})

test('what no hash is as long as is refused', () => {
  const announcements = new Announcements()
  expect(() => announcements.take('a', `/dht-lan/provider/${'a'.repeat(1_000)}/12D3KooW`, NOW)).toThrow(
    expect.objectContaining({ code: 'MALFORMED_RECORD' }),
  )
})
