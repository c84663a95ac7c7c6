import { Name, parseName } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CASE_OCTETS, compareLetters, mixCase } from './letter-case.ts'

const octets = fc.uint8Array({ minLength: CASE_OCTETS, maxLength: CASE_OCTETS })
const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
const name = fc.array(label, { maxLength: 3 }).map(labels => Name.fromLabels(labels))

test('a name with mixed letters is the same name, and only its letters differ', () => {
  fc.assert(
    fc.property(name, octets, (name, random) => {
      const mixed = mixCase(name, random)
      expect(mixed.equals(name)).toBe(true)
      const verdict = compareLetters(mixed.wire, name)
      expect(verdict).toBe(Buffer.from(mixed.wire).equals(name.wire) ? 'same' : 'other letters')
    }),
  )
})

test('every letter is turned by a bit of its own', () => {
  const www = parseName('www.Example.')
  expect(mixCase(www, new Uint8Array(CASE_OCTETS)).toString()).toBe('www.Example.')
  expect(mixCase(www, new Uint8Array(CASE_OCTETS).fill(0xff)).toString()).toBe('WWW.eXAMPLE.')
  const long = Name.fromLabels(
    [1, 2, 3].map(() => new Uint8Array(63).fill(0x61)).concat(new Uint8Array(61).fill(0x61)),
  )
  expect(long.wire.length).toBe(255)
  const texts = new Set<string>()
  for (let bit = 0; bit < 256; bit++) {
    const random = new Uint8Array(CASE_OCTETS)
    random[bit >>> 3] = 1 << (bit & 7)
    texts.add(mixCase(long, random).toString())
  }
  // The name itself, where the bit falls on the length of a label or beyond, and one for each of its letters.
  expect(texts.size).toBe(1 + 63 * 3 + 61)
})

test.each<[octets: string, verdict: string]>([
  ['www.example.', 'same'],
  ['wWw.example.', 'other letters'],
  ['www.exampl.', 'other name'],
  ['www.exampla.', 'other name'],
  // "[" and "{" differ in the same bit as letters do.
  ['w\\[w.example.', 'other name'],
])('%s is %s', (text, verdict) => {
  expect(compareLetters(parseName(text).wire, parseName('www.example.'))).toBe(verdict)
})

test('characters that differ as letters do are not taken for letters', () => {
  expect(compareLetters(parseName('\\[').wire, parseName('\\{'))).toBe('other name')
  expect(compareLetters(parseName('@').wire, parseName('`'))).toBe('other name')
})
