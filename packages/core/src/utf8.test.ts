import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

test('text is encoded and decoded as the platform does it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(encodeUtf8(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)))
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text)
    }),
  )
})

test('octets decode exactly where the platform decodes them without replacement', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), octets => {
      let expected: string | undefined
      try {
        expected = strict.decode(octets)
      } catch {
        expected = undefined
      }
      expect(decodeUtf8(octets)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('a lone surrogate has no encoding', () => {
  expect(encodeUtf8('\ud800')).toBeUndefined()
})
