import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBase64, printBase64 } from './base64.ts'

test('base 64 is what Node makes of it, and nothing else is read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), octets => {
      const text = Buffer.from(octets).toString('base64')
      expect(printBase64(octets)).toBe(text)
      expect(Array.from(parseBase64(text) ?? [-1])).toEqual(Array.from(octets))
    }),
  )
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Da-d+/= -]{0,9}$/), text => {
      const octets = parseBase64(text)
      if (octets !== undefined) expect(Buffer.from(octets).toString('base64')).toBe(text)
      else expect(Buffer.from(text, 'base64').toString('base64')).not.toBe(text)
    }),
    { numRuns: 2000 },
  )
})
