import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_EXPIRY, MIN_EXPIRY, parseValidity, printValidity, validityOrder } from './validity.ts'

const moments = fc.integer({ min: MIN_EXPIRY, max: MAX_EXPIRY })

test('moments are printed and read as the platform prints and reads them', () => {
  fc.assert(
    fc.property(moments, moment => {
      const text = printValidity(moment)
      expect(text).toBe(new Date(moment).toISOString())
      expect(parseValidity(text)).toBe(moment)
    }),
    { numRuns: 2000 },
  )
})

test('every day of 400 years is printed and read', () => {
  const days = Array.from({ length: 146_097 }, (_, day) => day * 86_400_000)
  expect(days.filter(moment => parseValidity(printValidity(moment)) !== moment)).toEqual([])
})

test.each([
  ['1970-01-01T00:00:00Z', 0],
  ['9999-12-31T23:59:59.999999999Z', Date.UTC(10_000, 0, 1) - 1],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  // As kubo and js-ipns sign it.
  ['2030-05-06T07:08:09.123456789Z', Date.UTC(2030, 4, 6, 7, 8, 9, 123)],
  ['2030-05-06T07:08:09.1Z', Date.UTC(2030, 4, 6, 7, 8, 9, 100)],
])('%s is read, rounded down to the millisecond', (text, moment) => {
  expect(parseValidity(text)).toBe(moment)
})

test.each([
  '',
  '2030-05-06',
  '2030-05-06T07:08:09',
  '2030-05-06T07:08:09+00:00',
  '2030-05-06t07:08:09z',
  '2030-05-06 07:08:09Z',
  '2030-05-06T07:08:09.Z',
  '2030-05-06T07:08:09.1234567890Z',
  '2030-05-06T07:08:60Z',
  '2030-05-06T24:00:00Z',
  '2030-05-06T07:60:00Z',
  '2030-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-00-01T00:00:00Z',
  '2030-01-00T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '10000-01-01T00:00:00Z',
  ' 2030-05-06T07:08:09Z',
  '2030-05-06T07:08:09Z\n',
  '２０３０-05-06T07:08:09Z',
])('%j is no validity', text => {
  expect(parseValidity(text)).toBeUndefined()
})

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_EXPIRY + 1])(
  '%d is no moment to expire at',
  moment => {
    expect(() => printValidity(moment)).toThrow(RangeError)
  },
)

test('validities are ordered to the nanosecond, however many digits they have', () => {
  const inOrder = [
    '2029-12-31T23:59:59.999999999Z',
    '2030-01-01T00:00:00Z',
    '2030-01-01T00:00:00.000000001Z',
    '2030-01-01T00:00:00.00000001Z',
    '2030-01-01T00:00:00.1Z',
    '2030-01-01T00:00:00.100000001Z',
    '2030-01-01T00:00:01Z',
  ]
  expect(inOrder.toReversed().sort((a, b) => (validityOrder(a) < validityOrder(b) ? -1 : 1))).toEqual(inOrder)
  expect(validityOrder('2030-01-01T00:00:00Z')).toBe(validityOrder('2030-01-01T00:00:00.000Z'))
})
