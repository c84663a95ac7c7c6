import { expect, test } from 'vitest'
import { frame } from './live-frame.ts'

const picture = {
  phase: 'servfail',
  happened: '0:03  something',
  second: 3,
  width: 70,
  styled: (_style: unknown, text: string) => text,
} as const

test('each contestant has a strip with a column for each second, and a count', () => {
  const lane = {
    title: 'plain DNS',
    requests: 8,
    failures: 2,
    seconds: new Map([
      [0, false],
      [1, false],
      [3, true],
    ]),
  }
  const [heading, happened, blank, strip] = frame({ ...picture, lanes: [lane] })
  expect(heading).toMatch(/^0:03 {2}SERVFAIL/)
  expect(happened).toBe('0:03  something')
  expect(blank).toBe('')
  expect(strip).toMatch(/^plain DNS {2}██ × +2 of 8 lost$/)
})

test('what has no room any more goes on the left', () => {
  const seconds = new Map(Array.from({ length: 100 }, (_, second) => [second, second < 90] as const))
  const lanes = [{ title: 'a', requests: 100, failures: 90, seconds }]
  const strip = frame({ ...picture, second: 99, width: 40, lanes }).at(-1) ?? ''
  expect(strip.startsWith('a  ××')).toBe(true)
  expect(strip).toContain('█'.repeat(10))
  expect(strip.length).toBeLessThanOrEqual(40)
})

test('nothing is wider than the terminal', () => {
  const happened = 'x'.repeat(200)
  for (const line of frame({ ...picture, happened, width: 60, lanes: [] }))
    expect(line.length).toBeLessThanOrEqual(60)
})
