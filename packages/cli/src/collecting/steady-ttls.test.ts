import { expect, test } from 'vitest'
import { parseName, parseZoneFile } from '@signpost/dns'
import { withSteadyTtls } from './steady-ttls.ts'

const origin = parseName('example.com.')

function ttls(text: string, before: number | undefined, isCached = true): number[] {
  const records = parseZoneFile(text, { origin })
  return withSteadyTtls(
    records,
    () => isCached,
    () => before,
  ).map(({ ttl }) => ttl)
}

test('a TTL that runs down in a cache stays what it was', () => {
  expect(ttls('www 17 A 192.0.2.1', 300)).toEqual([300])
  expect(ttls('www 300 A 192.0.2.1', 300)).toEqual([300])
})

test('a longer one than before is nearer to the truth', () => {
  expect(ttls('www 600 A 192.0.2.1', 300)).toEqual([600])
})

test('the first one is a minute at least', () => {
  expect(ttls('www 0 A 192.0.2.1', undefined)).toEqual([60])
  expect(ttls('www 200 A 192.0.2.1', undefined)).toEqual([200])
})

test('all records of an RRset get the same', () => {
  expect(ttls('www 90 A 192.0.2.1\nwww 100 A 192.0.2.2\nwww 80 AAAA 2001:db8::1', undefined)).toEqual([
    100, 100, 80,
  ])
})

test("the zone's own server is taken at its word", () => {
  expect(ttls('www 17 A 192.0.2.1', 300, false)).toEqual([17])
})
