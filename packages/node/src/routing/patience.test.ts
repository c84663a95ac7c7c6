import { expect, test } from 'vitest'
import { ENDPOINT_TIMEOUT, Patience, SILENCE_MEMORY, SILENT_ENDPOINT_TIMEOUT } from './patience.ts'

test('silence costs one request the whole time, the next one a moment, and further ones nothing for a minute', () => {
  const patience = new Patience()
  expect(patience.timeFor(0)).toBe(ENDPOINT_TIMEOUT)
  patience.silent(ENDPOINT_TIMEOUT, 10_000)
  expect(patience.timeFor(10_000)).toBe(SILENT_ENDPOINT_TIMEOUT)
  patience.silent(SILENT_ENDPOINT_TIMEOUT, 11_000)
  expect(patience.timeFor(11_000)).toBe(0)
  expect(patience.timeFor(10_000 + SILENCE_MEMORY - 1)).toBe(0)
  expect(patience.timeFor(10_000 + SILENCE_MEMORY)).toBe(ENDPOINT_TIMEOUT)
  patience.silent(ENDPOINT_TIMEOUT, 80_000)
  expect(patience.timeFor(80_000)).toBe(SILENT_ENDPOINT_TIMEOUT)
})

test('many requests that were under way at once are one silence, which is no longer for all of them', () => {
  const patience = new Patience()
  patience.silent(ENDPOINT_TIMEOUT, 10_000)
  for (const now of [10_000, 12_000, 19_000]) patience.silent(ENDPOINT_TIMEOUT, now)
  expect(patience.timeFor(20_000)).toBe(SILENT_ENDPOINT_TIMEOUT)
  expect(patience.timeFor(10_000 + SILENCE_MEMORY)).toBe(ENDPOINT_TIMEOUT)
})

test('an answer ends the silence', () => {
  const patience = new Patience()
  patience.silent(ENDPOINT_TIMEOUT, 10_000)
  patience.answered()
  expect(patience.timeFor(10_001)).toBe(ENDPOINT_TIMEOUT)
})
