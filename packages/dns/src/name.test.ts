import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidNameError } from './errors.ts'
import { parseUnicodeName, printUnicodeName } from './idna.ts'
import { Name, parseName } from './name.ts'

const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
const anyName = fc
  .array(label, { maxLength: 8 })
  .filter(labels => labels.reduce((sum, octets) => sum + octets.length + 1, 1) <= 255)
  .map(labels => Name.fromLabels(labels))

const hex = (name: Name): string =>
  Array.from(name.wire, value => value.toString(16).padStart(2, '0')).join('')

test('a name reads from text to its wire form', () => {
  expect(hex(parseName('www.example.'))).toBe('03777777076578616d706c6500')
  expect(hex(parseName('.'))).toBe('00')
  expect(parseName('www', parseName('example.')).toString()).toBe('www.example.')
  expect(parseName('www.', parseName('example.')).toString()).toBe('www.')
})

test('escapes stand for octets and for characters that mean something else', () => {
  const name = parseName('a\\.b.\\009x.\\"\\;\\\\.')
  expect(name.labels.map(octets => Array.from(octets))).toEqual([
    [0x61, 0x2e, 0x62],
    [9, 0x78],
    [0x22, 0x3b, 0x5c],
  ])
  expect(name.toString()).toBe('a\\.b.\\009x.\\"\\;\\\\.')
})

test('every name prints to text that reads back to the same octets', () => {
  fc.assert(
    fc.property(anyName, name => {
      expect(Array.from(parseName(name.toString()).wire)).toEqual(Array.from(name.wire))
    }),
  )
})

test('any text is a name or an INVALID_NAME error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      try {
        const name = parseName(text)
        expect(name.wire.length).toBeLessThanOrEqual(255)
        expect(parseName(name.toString()).equals(name)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidNameError)
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['', 'empty'],
  ['a..b', 'empty label'],
  ['.a', 'empty label'],
  ['..', 'empty label'],
  [`${'a'.repeat(64)}.example.`, '63'],
  [`${'abcdefg.'.repeat(32)}`, '255'],
  ['a\\', 'backslash'],
  ['a\\25', 'escape'],
  ['a\\256', 'escape'],
  ['a b', 'space'],
  ['bücher.example', 'xn--'],
])('%j is refused with a reason', (text, reason) => {
  expect(() => parseName(text)).toThrow(InvalidNameError)
  expect(() => parseName(text)).toThrow(reason)
})

test('63 octets in a label and 255 in a name are allowed', () => {
  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}.`
  expect(parseName(longest).wire.length).toBe(255)
  expect(() => parseName(`x${longest}`)).toThrow(InvalidNameError)
})

test('names compare without case, and octets above 127 as they are', () => {
  expect(parseName('WWW.Example.').equals(parseName('www.eXAMPLE.'))).toBe(true)
  expect(parseName('\\195.').equals(parseName('\\227.'))).toBe(false)
  expect(parseName('[.').equals(parseName('{.'))).toBe(false)
})

test('a name is at or below its ancestors, by whole labels only', () => {
  const name = parseName('www.example.net.')
  expect(name.isAtOrBelow(parseName('NET.'))).toBe(true)
  expect(name.isAtOrBelow(name)).toBe(true)
  expect(name.isAtOrBelow(Name.root)).toBe(true)
  expect(name.isAtOrBelow(parseName('w.example.net.'))).toBe(false)
  expect(parseName('badexample.net.').isAtOrBelow(parseName('example.net.'))).toBe(false)
  // The label "a\007example" ends in octets that look like the label "example" with its length.
  expect(parseName('a\\007example.net.').isAtOrBelow(parseName('example.net.'))).toBe(false)
})

test('a name moves below another ancestor, or is too long for it', () => {
  const moved = parseName('a.b.example.').rebase(parseName('EXAMPLE.'), parseName('test.net.'))
  expect(moved.toString()).toBe('a.b.test.net.')
  expect(parseName('example.').rebase(parseName('example.'), Name.root).isRoot).toBe(true)
  const long = parseName(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.x.`)
  expect(() => long.rebase(parseName('x.'), parseName(`${'d'.repeat(63)}.`))).toThrow(InvalidNameError)
  expect(() => parseName('a.').rebase(parseName('b.'), Name.root)).toThrow(InvalidNameError)
})

test('parents go up to the root and stay there', () => {
  expect(parseName('a.b.').parent.toString()).toBe('b.')
  expect(parseName('b.').parent.isRoot).toBe(true)
  expect(Name.root.parent.isRoot).toBe(true)
  expect(parseName('*.a.').isWildcard).toBe(true)
  expect(parseName('**.a.').isWildcard).toBe(false)
})

test('names in Unicode become xn-- and print back', () => {
  expect(parseUnicodeName('bücher.example').toString()).toBe('xn--bcher-kva.example.')
  expect(parseUnicodeName('BÜCHER。example').toString()).toBe('xn--bcher-kva.example.')
  expect(printUnicodeName(parseName('xn--bcher-kva.example.'))).toBe('bücher.example.')
  expect(printUnicodeName(parseName('xn--a.example.'))).toBe('xn--a.example.')
  expect(parseUnicodeName('_sip._tcp.straße.').toString()).toBe('_sip._tcp.xn--strae-oqa.')
  expect(() => parseUnicodeName('a\\.ü.example')).toThrow(InvalidNameError)
  expect(() => parseUnicodeName('ab.xn--ü')).toThrow(InvalidNameError)
})

test('a name printed in Unicode reads back to the same name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), text => {
      let name: Name
      try {
        name = parseUnicodeName(text)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidNameError)
        return
      }
      expect(parseUnicodeName(printUnicodeName(name)).equals(name)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
