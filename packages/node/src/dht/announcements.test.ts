import { expect, test } from 'vitest'
import { Announcements } from './announcements.ts'

function keyOf(name: string | number): string {
  return `/dht-lan/provider/${'a'.repeat(48)}${String(name).padStart(10, '0')}/12D3KooW${'b'.repeat(44)}`
}

function take(announcements: Announcements, source: string, from: number, to: number): string[] {
  const gone: string[] = []
  for (let at = from; at < to; at++) gone.push(...announcements.take(source, keyOf(`${source} ${at}`)))
  return gone
}

test('one source may have ten thousand announcements, and make each again as often as it likes', () => {
  const announcements = new Announcements()
  take(announcements, 'a', 0, 10_000)
  take(announcements, 'a', 0, 10_000)
  expect(() => take(announcements, 'a', 10_000, 10_001)).toThrow(
    expect.objectContaining({ reason: 'source' }),
  )
  // The same that another one made counts for that one.
  announcements.take('a', keyOf('b 0'.replace('b', 'a')))
  take(announcements, 'b', 0, 1)
  announcements.take('a', keyOf('b 0'))

  announcements.forget(keyOf('a 0'))
  announcements.forget(keyOf('a 0'))
  take(announcements, 'a', 10_000, 10_001)
  expect(() => take(announcements, 'a', 10_001, 10_002)).toThrow(
    expect.objectContaining({ reason: 'source' }),
  )
})

test('of a hundred thousand, who has most gives to who has less', () => {
  const announcements = new Announcements()
  for (let source = 0; source < 10; source++)
    expect(take(announcements, String(source), 0, 10_000)).toEqual([])
  // Made again, so that another one is the oldest.
  announcements.take('0', keyOf('0 0'))

  const gone = take(announcements, 'late', 0, 20)

  expect(gone).toHaveLength(20)
  expect(gone).toContain(keyOf('0 1'))
  expect(gone).not.toContain(keyOf('0 0'))
  expect(new Set(gone.map(key => /\/a+0*(\d)/.exec(key)?.[1])).size).toBe(10)
})

test('what no hash is as long as is refused', () => {
  const announcements = new Announcements()
  expect(() => announcements.take('a', keyOf('a'.repeat(1_000)))).toThrow(
    expect.objectContaining({ code: 'MALFORMED_RECORD' }),
  )
})
