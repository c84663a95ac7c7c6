import { expect, test } from 'vitest'
import { parseName } from '../name.ts'
import { type ZoneFileOptions, parseZoneFile } from './parser.ts'
import { ZoneFileError } from './token.ts'

const example = { origin: parseName('example.com.') }

function errorOf(text: string, options: ZoneFileOptions = example): ZoneFileError {
  try {
    parseZoneFile(text, options)
  } catch (error) {
    expect(error).toBeInstanceOf(ZoneFileError)
    return error as ZoneFileError
  }
  throw new Error(`no error in ${JSON.stringify(text)}`)
}

test.each([
  ['a 1 A 192.0.2.1\nb 1 A 192.0.2', 2, 7, '"192.0.2" is not an IPv4 address such as 192.0.2.1'],
  [
    'a A 192.0.2.1',
    1,
    3,
    'the record has no TTL; put "$TTL 1h" before the first record, or a TTL into this one',
  ],
  ['a 1 FOO bar', 1, 5, '"FOO" is no record type; write TYPEnnn'],
  ['a 1 A 192.0.2.1\n b 1 A 192.0.2.2', 2, 2, 'a name must begin its line: take off the space before it'],
  [' 1 A 192.0.2.1', 1, 2, 'begin its line with a name, or with @ for the origin'],
  ['a 1 IN', 1, 7, 'the record type is missing'],
  ['a', 1, 2, 'the record type is missing'],
  ['a 1 MX 10', 1, 10, 'MX ends before its exchange; write MX PREFERENCE EXCHANGE'],
  ['a 1 MX (\n10\n\n)', 4, 2, 'MX ends before its exchange'],
  ['a 1 "A" 192.0.2.1', 1, 5, '"A" is no record type'],
  ['a 1 ANY x', 1, 5, '"ANY" is a class that cannot be read here; only IN can'],
  ['a 1 AXFR x', 1, 5, '"AXFR" is a type of questions, not of records'],
  ['a 1 OPT x', 1, 5, '"OPT" is a type of questions, not of records'],
  ['a 1 CH A 192.0.2.1', 1, 5, '"CH" is a class'],
  ['a IN 1 IN A 192.0.2.1', 1, 8, '"IN" is a second class; take one off'],
  ['a 1 IN 2 A 192.0.2.1', 1, 8, '"2" is a second TTL; take one off'],
  ['a 2147483648 A 192.0.2.1', 1, 3, 'the TTL "2147483648" is over 2147483647 seconds'],
  ['a 9999999999w A 192.0.2.1', 1, 3, 'over 2147483647 seconds'],
  ['a 1x A 192.0.2.1', 1, 3, '"1x" is no record type'],
  ['"a" 1 A 192.0.2.1', 1, 1, 'the name "a" stands in quotes; take them off'],
  ['a..b 1 A 192.0.2.1', 1, 1, 'empty label'],
  [`${'a'.repeat(64)} 1 A 192.0.2.1`, 1, 1, '63 is the most a label can have'],
  [`${'a.'.repeat(130)} 1 A 192.0.2.1`, 1, 1, '255 is the most a name can have'],
  [`${'a'.repeat(5000)} 1 A 192.0.2.1`, 1, 1, 'is too long for a name'],
  ['münchen 1 A 192.0.2.1', 1, 1, 'not ASCII; write it in its xn-- form'],
  ['a 1 CNAME 例え.テスト.', 1, 11, 'not ASCII; write it in its xn-- form'],
  ['a\\ 1 A 192.0.2.1', 1, 6, 'the record has no TTL'],
  ['a\\', 1, 1, 'lone backslash'],
  ['a\\25 1 A 192.0.2.1', 1, 1, 'three digits from 000 to 255'],
  ['a 1 TXT "b\nc"', 1, 9, 'put the closing " there, and write a line break as \\010'],
  ['a 1 TXT "b', 1, 9, 'a quoted string does not end on its line'],
  ['a 1 TXT "b\\', 1, 9, 'a quoted string does not end on its line'],
  ['a 1 TXT "b\\"', 1, 9, 'a quoted string does not end on its line'],
  ['a 1 TXT (\n  b\n', 1, 9, '"(" is never closed'],
  ['a 1 TXT ((b)\n', 1, 9, '"(" is never closed'],
  ['a 1 TXT b )', 1, 11, '")" closes nothing'],
  [')', 1, 1, '")" closes nothing'],
  [
    'a 1 TXT b\0c',
    1,
    10,
    'the character U+0000 is a control character and cannot stand here; write it as \\000',
  ],
  ['a 1 TXT "b\u001b[0m"', 1, 11, 'U+001B'],
  ['a\u00a01 A 192.0.2.1', 1, 2, 'U+00A0 cannot be seen here; put an ordinary space in its place'],
  ['a 1 TXT b\u200bc', 1, 10, 'U+200B cannot be seen here'],
  ['a 1 TXT “b c”', 1, 9, 'U+201C is a typographic quote; write "'],
  ['$TTL', 1, 5, 'the TTL, such as 300 or 1h, is missing; the line ends before it'],
  ['$TTL soon', 1, 6, '"soon" is no TTL; write 300 or 1h30m'],
  ['$TTL 1 2', 1, 8, '"2" is one word too many for $TTL'],
  ['$ORIGIN', 1, 8, 'the origin, such as example.com., is missing'],
  ['$ORIGIN a b', 1, 11, '"b" is one word too many for $ORIGIN'],
  [' $TTL 1', 1, 2, '"$TTL" must begin its line'],
  [
    '$INCLUDE other.zone',
    1,
    1,
    '$INCLUDE "other.zone" is refused here; put the records of that file into this one',
  ],
  ['$generate 1-9 a$ A 192.0.2.$', 1, 1, '$GENERATE is not supported; write the records out one by one'],
  ['$FOO 1', 1, 1, '"$FOO" is no directive'],
])('in %j the error is at line %i, column %i', (text, line, column, message) => {
  const error = errorOf(text)
  expect(error.message).toContain(`line ${line}, column ${column}: `)
  expect(error.message).toContain(message)
  expect(error).toMatchObject({ code: 'INVALID_ZONE', line, column, file: undefined })
})

test('a name without a final dot needs an origin', () => {
  expect(errorOf('a 1 A 192.0.2.1', {}).message).toBe(
    'line 1, column 1: "a" is relative and there is no origin; end it with a dot, or put $ORIGIN before it',
  )
  expect(errorOf('$ORIGIN example', {}).message).toContain('"example" is relative')
  expect(errorOf('a. 1 NS b', {}).column).toBe(9)
})

test('an error in an included file names the file, also one deeper', () => {
  const files: Record<string, string> = { one: '\n$INCLUDE two', two: 'b 1 A nonsense' }
  const error = errorOf('a 1 A 192.0.2.1\n$INCLUDE one', { ...example, include: path => files[path] ?? '' })
  expect(error.message).toBe('two, line 1, column 7: "nonsense" is not an IPv4 address such as 192.0.2.1')
  expect(error.file).toBe('two')
  const missing = errorOf('$INCLUDE one', {
    ...example,
    include: () => {
      throw new Error('no such file')
    },
  })
  expect(missing.message).toBe('line 1, column 10: "one" cannot be included: no such file')
  expect(missing.cause).toBeInstanceOf(Error)
  for (const text of ['(', '"', 'x\u0000'])
    expect(errorOf('$INCLUDE one', { ...example, include: () => text }).file).toBe('one')
})

test('a file that includes itself, or files without end, are refused', () => {
  const self = { ...example, include: () => '$INCLUDE one' }
  expect(errorOf('$INCLUDE one', self).message).toBe(
    'one, line 1, column 1: "one" includes itself; take this $INCLUDE out',
  )
  let count = 0
  const endless = { ...example, include: () => `$INCLUDE file${count++}` }
  expect(errorOf('$INCLUDE start', endless).message).toContain('nested over 16 files deep')
})

test('no message is longer than its reader, or moves the cursor of a terminal', () => {
  const long = 'x'.repeat(1_000_000)
  for (const text of [
    `${long} 1 A 192.0.2.1`,
    `a 1 ${long}`,
    `a 1 A ${long}`,
    `a 1 TXT \\999${long}`,
    `$${long}`,
  ]) {
    const { message } = errorOf(text)
    expect(message.length).toBeLessThan(250)
    expect(message).toMatch(/^[\x20-\x7e…]+$/)
  }
  expect(errorOf('a 1 A \u{e000}').message).toContain(String.raw`"\u{e000}"`)
})
