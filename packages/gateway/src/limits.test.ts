import { expect, test } from 'vitest'
import { LIMITS, type Limits, limitsWith } from './limits.ts'

test.each(Object.entries(LIMITS))('%s: the default lies within the bounds, which hold', (name, limit) => {
  expect(limit.default).toBeGreaterThanOrEqual(limit.min)
  expect(limit.default).toBeLessThanOrEqual(limit.max)
  const set = (value: number): number => limitsWith({ [name]: value })[name as keyof Limits]
  expect(set(limit.min)).toBe(limit.min)
  expect(set(limit.max)).toBe(limit.max)
  for (const wrong of [limit.min - 1, limit.max + 1, limit.min + 0.5, NaN])
    expect(() => set(wrong)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        option: `limits.${name}`,
        message: `limits.${name}: it is ${wrong}; give a whole number from ${limit.min} to ${limit.max}`,
      }),
    )
})

test('a limit that does not exist is refused by its name', () => {
  expect(() => limitsWith({ tcpIdel: 1 } as Partial<Limits>)).toThrow(
    /^limits\.tcpIdel: there is no such limit; there are udp/,
  )
})
