import { expect, test } from 'vitest'
import { parseName } from '../name.ts'
import { type ZoneFileOptions, parseZoneFile } from './parser.ts'
import { printRecord } from './printer.ts'

const read = (text: string, options?: ZoneFileOptions): string[] =>
  parseZoneFile(text, options).map(printRecord)
const example = { origin: parseName('example.com.') }

test('the zone of RFC 1035, section 5.3, reads as its authors meant it', () => {
  const text = String.raw`@   IN  SOA     VENERA      Action\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32
`
  expect(read(text, { origin: parseName('ISI.EDU.'), defaultTtl: 60 })).toEqual([
    String.raw`ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\.domains.ISI.EDU. 20 7200 600 3600000 60`,
    'ISI.EDU. 60 IN NS A.ISI.EDU.',
    'ISI.EDU. 60 IN NS VENERA.ISI.EDU.',
    'ISI.EDU. 60 IN NS VAXA.ISI.EDU.',
    'ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.',
    'ISI.EDU. 60 IN MX 20 VAXA.ISI.EDU.',
    'A.ISI.EDU. 60 IN A 26.3.0.103',
    'VENERA.ISI.EDU. 60 IN A 10.1.0.52',
    'VENERA.ISI.EDU. 60 IN A 128.9.0.32',
  ])
})

test('class and TTL stand in either order, or not at all', () => {
  const text = `$TTL 60
a 1h30m IN A 192.0.2.1
b IN 90 A 192.0.2.1
c 5 A 192.0.2.1
d in a 192.0.2.1
e A 192.0.2.1
f CLASS1 TYPE1 192.0.2.1
`
  expect(read(text, example)).toEqual([
    'a.example.com. 5400 IN A 192.0.2.1',
    'b.example.com. 90 IN A 192.0.2.1',
    'c.example.com. 5 IN A 192.0.2.1',
    'd.example.com. 60 IN A 192.0.2.1',
    'e.example.com. 60 IN A 192.0.2.1',
    'f.example.com. 60 IN A 192.0.2.1',
  ])
})

test('names that look like types, classes and TTLs are names where a name stands', () => {
  expect(read('$TTL 1\nIN IN A 192.0.2.1\nA A 192.0.2.1\n300 A 192.0.2.1\n1h NS MX\n', example)).toEqual([
    'IN.example.com. 1 IN A 192.0.2.1',
    'A.example.com. 1 IN A 192.0.2.1',
    '300.example.com. 1 IN A 192.0.2.1',
    '1h.example.com. 1 IN NS MX.example.com.',
  ])
})

test('a record without a TTL has that of $TTL, else that of the record before, else the default', () => {
  expect(read('a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n', { ...example, defaultTtl: 7 })).toEqual([
    'a.example.com. 7 IN A 192.0.2.1',
    'b.example.com. 5 IN A 192.0.2.1',
    'c.example.com. 5 IN A 192.0.2.1',
  ])
  expect(read('b 5 A 192.0.2.1\n$TTL 1w2d3h4m5s\nc A 192.0.2.1\n$ttl 0\nd A 192.0.2.1\n', example)).toEqual([
    'b.example.com. 5 IN A 192.0.2.1',
    'c.example.com. 788645 IN A 192.0.2.1',
    'd.example.com. 0 IN A 192.0.2.1',
  ])
})

test('$ORIGIN may be relative, and applies to owner names and to names in the data', () => {
  const text = `$TTL 60
$ORIGIN example.com.
www CNAME @
$ORIGIN sub
www CNAME @
@ NS ns.other.
$ORIGIN .
org NS a.b
`
  expect(read(text)).toEqual([
    'www.example.com. 60 IN CNAME example.com.',
    'www.sub.example.com. 60 IN CNAME sub.example.com.',
    'sub.example.com. 60 IN NS ns.other.',
    'org. 60 IN NS a.b.',
  ])
})

test('parentheses join lines wherever they stand, and nest', () => {
  const expected = ['a.example.com. 60 IN MX 10 b.example.com.']
  for (const text of [
    '( a 60\n MX\n10 b )',
    'a ( ( 60 IN ) MX ( 10\n\n ; a comment )\n b ) )',
    'a 60 MX(10)b',
    'a 60 MX 10 b ;( c',
    'a 60 (MX\r\n10 b)\r\n',
  ])
    expect(read(text, example)).toEqual(expected)
})

test('a line that begins with white space continues the owner before, whatever comes between', () => {
  expect(
    read('a 1 A 192.0.2.1\n\n  ; comment\n \t\n$ORIGIN sub\n\tIN AAAA ::1\n ( TXT b )', example),
  ).toEqual([
    'a.example.com. 1 IN A 192.0.2.1',
    'a.example.com. 1 IN AAAA ::1',
    'a.example.com. 1 IN TXT "b"',
  ])
})

test('strings keep spaces, semicolons and UTF-8, and escapes make any octet', () => {
  expect(read(String.raw`a 1 TXT "a;b (c)" d\;e\ f\"g "tab	" ü \000 "x\"y""z"w"v"`, example)).toEqual([
    String.raw`a.example.com. 1 IN TXT "a;b (c)" "d;e f\"g" "tab\009" "\195\188" "\000" "x\"y" "z" "w" "v"`,
  ])
})

test('escapes in owner names', () => {
  expect(
    read(
      String.raw`a\.b 1 A 192.0.2.1
\@ 1 A 192.0.2.1
\$x\032y\; 1 A 192.0.2.1
\* 1 A 192.0.2.1
`,
      example,
    ),
  ).toEqual([
    String.raw`a\.b.example.com. 1 IN A 192.0.2.1`,
    String.raw`\@.example.com. 1 IN A 192.0.2.1`,
    String.raw`\$x\032y\;.example.com. 1 IN A 192.0.2.1`,
    '*.example.com. 1 IN A 192.0.2.1',
  ])
})

test('a byte order mark, all line ends, and no line end at all', () => {
  const expected = ['a.example.com. 1 IN A 192.0.2.1', 'b.example.com. 1 IN A 192.0.2.2']
  expect(read('\ufeffa 1 A 192.0.2.1\nb A 192.0.2.2', example)).toEqual(expected)
  expect(read('a 1 A 192.0.2.1\r\nb A 192.0.2.2\r\n', example)).toEqual(expected)
  expect(read('; old\ra 1 A 192.0.2.1\rb A 192.0.2.2', example)).toEqual(expected)
  expect(read('', example)).toEqual([])
  expect(read(' \n;\n()\n', example)).toEqual([])
})

test('$INCLUDE reads through the given function; origin and owner come back after it, $TTL stays', () => {
  const files: Record<string, string> = {
    'inner zone': '@ A 192.0.2.3\n A 192.0.2.4\n$ORIGIN elsewhere.\nx A 192.0.2.5\n$TTL 9\n',
    plain: ' A 192.0.2.6\n',
  }
  const places: unknown[] = []
  const include: ZoneFileOptions['include'] = (path, at) => {
    places.push([path, at.line, at.column])
    return files[path] ?? ''
  }
  const text = '$TTL 1\na A 192.0.2.1\n$INCLUDE "inner zone" sub ; comment\n A 192.0.2.2\n$INCLUDE plain\n'
  expect(read(text, { ...example, include })).toEqual([
    'a.example.com. 1 IN A 192.0.2.1',
    'sub.example.com. 1 IN A 192.0.2.3',
    'sub.example.com. 1 IN A 192.0.2.4',
    'x.elsewhere. 1 IN A 192.0.2.5',
    'a.example.com. 9 IN A 192.0.2.2',
    'a.example.com. 9 IN A 192.0.2.6',
  ])
  expect(places).toEqual([
    ['inner zone', 3, 10],
    ['plain', 5, 10],
  ])
})
