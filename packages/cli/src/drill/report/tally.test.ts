import { expect, test } from 'vitest'
import type { RequestMade } from './record.ts'
import { drillOf, inOutage } from './records.test-support.ts'
import { printTable } from './table.ts'
import { longestGap, tallies } from './tally.ts'

function requestsOf(program: string, outcomes: string): RequestMade[] {
  return [...outcomes].map((outcome, second) => ({
    contestant: 'plain',
    program,
    at: second * 1000,
    took: 1,
    ...(outcome === 'x' ? { problem: 'lost' } : {}),
  }))
}

test('a gap lasts from the first request that failed to the next one that did not', () => {
  expect(longestGap(requestsOf('a', '..xx.x..'), 8000)).toBe(2000)
})

test('a gap that does not end lasts to the end of the drill', () => {
  expect(longestGap(requestsOf('a', '.x..xx'), 9000)).toBe(5000)
})

test('what one program gets does not end the gap of another', () => {
  expect(longestGap([...requestsOf('a', '.xxx.'), ...requestsOf('b', '.....')], 5000)).toBe(3000)
})

test('requests are taken in the order of their beginnings, not of their ends', () => {
  expect(longestGap(requestsOf('a', '.xx..').toReversed(), 5000)).toBe(2000)
})

test('where nothing failed there is no gap', () => {
  expect(longestGap(requestsOf('a', '....'), 4000)).toBe(0)
  expect(longestGap([], 4000)).toBe(0)
})

test('requests are counted for each contestant, by phase', () => {
  const [plain, guard] = tallies(drillOf(({ contestant, at }) => contestant === 'plain' && inOutage({ at })))
  expect(plain).toMatchObject({ contestant: 'plain', requests: 60, failures: 30, longestGap: 30_000 })
  expect(plain?.phases.map(({ failures }) => failures)).toEqual([0, 0, 10, 10, 10, 0])
  expect(guard).toMatchObject({ contestant: 'guard', requests: 60, failures: 0, longestGap: 0 })
})

test('the table has a line for each contestant', () => {
  expect(printTable(drillOf(({ contestant, at }) => contestant === 'plain' && inOutage({ at })))).toEqual([
    '                         requests  failures  while killed  longest gap',
    'plain (detail of plain)        60        30             0       30.0 s',
    'guard (detail of guard)        60         0             0            –',
  ])
})
