import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resourceRecord } from '../arbitraries.test-support.ts'
import { parseName } from '../name.ts'
import { rdataOctets } from '../record.ts'
import { parseZoneFile } from './parser.ts'
import { printZoneFile } from './printer.ts'
import { ZoneFileError } from './token.ts'

const origin = parseName('example.')

/** The records, or the error; anything else fails the test. */
function outcomeOf(text: string): number | ZoneFileError {
  try {
    const records = parseZoneFile(text, { origin, defaultTtl: 1, include: path => path })
    const again = parseZoneFile(printZoneFile(records, { origin }))
    expect(again.length).toBe(records.length)
    return records.length
  } catch (error) {
    expect(error).toBeInstanceOf(ZoneFileError)
    return error as ZoneFileError
  }
}

test('any text is a zone or INVALID_ZONE with a place inside the text', () => {
  const words = fc.constantFrom(
    ...'a @ IN 300 1h A TXT SVCB LOC SOA DS 1 192.0.2.1 ::1 \\# alpn=h2 key9=" . x. ü 00ff TYPE9 ff='.split(
      ' ',
    ),
    ...'( ) ; " \\ \\0 $ORIGIN $TTL $INCLUDE \0 \u{1f600} \ud800'.split(' '),
    '"x y"',
    ' ',
    '\t',
    '\n',
    '\r',
  )
  const soup = fc
    .array(fc.tuple(words, fc.constantFrom(' ', ' ', '\n', '')), { maxLength: 30 })
    .map(list => list.flat().join(''))
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 })), text => {
      const outcome = outcomeOf(text)
      if (typeof outcome === 'number' || outcome.file !== undefined) return
      const line = text.split(/\r\n|\r|\n/)[outcome.line - 1]
      expect(line).toBeDefined()
      expect(outcome.column).toBeLessThanOrEqual((line?.length ?? 0) + 1)
    }),
    { numRuns: 5000 },
  )
})

test('a zone with a character changed is a zone or INVALID_ZONE', () => {
  const changed = fc
    .tuple(
      fc.array(resourceRecord, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.string({ unit: 'binary', maxLength: 1 }),
    )
    .map(([records, at, char]) => {
      const text = printZoneFile(records, { origin })
      return text.slice(0, at % text.length) + char + text.slice((at % text.length) + 1)
    })
  fc.assert(
    fc.property(changed, text => {
      expect(() => outcomeOf(text)).not.toThrow()
    }),
    { numRuns: 1000 },
  )
})

const MB = 1_000_000
const many = (text: string): string => text.repeat(MB / text.length)

// Quadratic time would take minutes on each; the limit leaves room for a busy machine.
test.each([
  ['one word', many('x')],
  ['one name in rdata', `a NS ${many('x')}`],
  ['one name of many labels', many('x.')],
  ['one number', `a ${many('9')} A 192.0.2.1`],
  ['one TTL of many units', `a ${many('1h')} A 192.0.2.1`],
  ['one address', `a AAAA ${many('1:')}`],
  ['one string', `a TXT "${many('x')}"`],
  ['one string of escapes', `a TXT ${many('\\065')}`],
  ['one string without an end', `a TXT "${many('x')}`],
  ['many strings', `a TXT ${many('"x" ')}`],
  ['many words', many('x ')],
  ['many words that are joined', `a SVCB 1 . ${many('a=""')}`],
  [
    'many parameters',
    `a SVCB 1 . ${Array.from({ length: 60_000 }, (_, key) => `key${key + 9}=x`).join(' ')}`,
  ],
  ['many protocols', `a SVCB 1 . alpn=${many('h2,')}`],
  ['many addresses', `a SVCB 1 . ipv4hint=${many('1.2.3.4,')}`],
  ['one path of many braces', `a SVCB 1 . dohpath=/${many('{')}`],
  ['one path of many variables', `a SVCB 1 . dohpath=/{${many('dns ')}`],
  ['hexadecimal digits in many words', String.raw`a TYPE9 \# 65535 ${many('0 ')}`],
  ['base 64 in many words', `a OPENPGPKEY ${many('A ')}`],
  ['many open parentheses', many('(')],
  ['many balanced parentheses', `${'('.repeat(MB / 2)}${')'.repeat(MB / 2)}`],
  ['many closing parentheses', many(')')],
  ['many empty lines', many('\n')],
  ['many carriage returns', many('\r')],
  ['many lines of blanks', many(' \n')],
  ['many comments', many(';\n')],
  ['one comment', many(';')],
  ['many quotes', many('"')],
  ['many backslashes', many('\\')],
  ['many NULs', many('\0')],
  ['many byte order marks', many('\ufeff')],
  ['many directives', many('$TTL 1\n')],
  ['many origins', many('$ORIGIN a.\n')],
  ['many short records', many('a A 1.1.1.1\n')],
  [
    'bytes that are no text',
    Buffer.from(Array.from({ length: MB }, (_, at) => (at * 7919) % 251)).toString('latin1'),
  ],
])('1 MB of %s is read in linear time', { timeout: 20_000 }, (_, text) => {
  expect(() => outcomeOf(text)).not.toThrow()
})

test('65,535 octets are the most that rdata can have', () => {
  const long = `"${'x'.repeat(255)}" `
  const [fits] = parseZoneFile(`a 1 TXT ${long.repeat(255)} "${'x'.repeat(254)}"`, { origin })
  expect(fits && rdataOctets(fits.type, fits.rdata).length).toBe(65_535)
  expect(outcomeOf(`a 1 TXT ${long.repeat(256)}`)).toMatchObject({ line: 1, column: 9 })
  expect(outcomeOf(`a 1 TXT ${'""'.repeat(65_536)}`)).toMatchObject({ line: 1, column: 9 })
  expect(outcomeOf(`a 1 OPENPGPKEY ${'AAAA'.repeat(21_845)}AA==`)).toMatchObject({ line: 1, column: 16 })
})
