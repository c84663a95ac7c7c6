import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostName, rdataOf, resourceRecord, ttl, typedTypes } from '../arbitraries.test-support.ts'
import { Name, parseName } from '../name.ts'
import { type ResourceRecord, encodeRecord } from '../record.ts'
import { RrClass, RrType, printRrType } from '../rr-type.ts'
import { WireWriter } from '../wire.ts'
import { parseZoneFile } from './parser.ts'
import { printRecord, printZoneFile } from './printer.ts'

/** Owner, TTL and data to the octet, letters of names included. */
const exact = (records: readonly ResourceRecord[]): string[] =>
  records.map(record => {
    const writer = new WireWriter({ compress: false })
    encodeRecord(record, writer)
    return Buffer.from(writer.finish()).toString('hex')
  })

test('a zone is printed in columns below its origin and most common TTL', () => {
  const origin = parseName('example.com.')
  const text = `$ORIGIN example.com.
$TTL 3600
@       IN SOA   ns1 hostmaster 1 7200 900 1209600 300
        IN NS    ns1
        IN NS    ns.example.net.
ns1     IN A     192.0.2.1
www 300 IN CNAME @
    300 IN TXT   "a b" "c"
`
  expect(printZoneFile(parseZoneFile(text), { origin })).toBe(text)
})

test('without an origin every name is absolute and every record has its TTL', () => {
  const records = parseZoneFile('$ORIGIN example.\n$TTL 60\n@ NS ns\nns 5 A 192.0.2.1\n')
  expect(printZoneFile(records)).toBe(`example.    60 IN NS ns.example.
ns.example. 5  IN A  192.0.2.1
`)
  expect(printZoneFile([])).toBe('')
  expect(printZoneFile([], { origin: parseName('example.') })).toBe('$ORIGIN example.\n')
})

test('a long owner name moves its own line only', () => {
  const long = 'x'.repeat(60)
  const records = parseZoneFile(`$TTL 1\n${long} A 192.0.2.1\n AAAA ::1\na A 192.0.2.1\n`, {
    origin: Name.root,
  })
  expect(printZoneFile(records, { origin: Name.root })).toBe(`$ORIGIN .
$TTL 1
${long} IN A    192.0.2.1
  IN AAAA ::1
a IN A    192.0.2.1
`)
})

test('a name in other letters than the origin keeps them', () => {
  const records = parseZoneFile('www.EXAMPLE. 1 NS Example.\nexample. 1 NS a.example.\n')
  const text = printZoneFile(records, { origin: parseName('example.') })
  expect(text).toContain('www.EXAMPLE. IN NS Example.')
  expect(text).toContain('@            IN NS a\n')
})

test('a record is one line with absolute names', () => {
  const [record] = parseZoneFile('www.example. 300 IN A 192.0.2.1')
  expect(record && printRecord(record)).toBe('www.example. 300 IN A 192.0.2.1')
})

const origin = fc.oneof(hostName, fc.constant(undefined))

test.each([...typedTypes, 65_280].map(type => [printRrType(type), type] as const))(
  'a zone of %s records reads back from its text',
  (_, type) => {
    const record = fc
      .record({ name: hostName, ttl, rdata: rdataOf(type) })
      .map(rest => ({ ...rest, type, class: RrClass.IN }))
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), origin, (records, origin) => {
        expect(exact(parseZoneFile(printZoneFile(records, { origin })))).toEqual(exact(records))
      }),
      { numRuns: 50 },
    )
  },
)

test('any records read back from their zone file, and each from its line', () => {
  fc.assert(
    fc.property(fc.array(resourceRecord, { maxLength: 12 }), origin, (records, origin) => {
      expect(exact(parseZoneFile(printZoneFile(records, { origin })))).toEqual(exact(records))
      expect(exact(parseZoneFile(records.map(printRecord).join('\n')))).toEqual(exact(records))
    }),
  )
})

test('a record of another type than its rdata is INVALID_RDATA', () => {
  const record: ResourceRecord = {
    name: Name.root,
    type: RrType.A,
    class: RrClass.IN,
    ttl: 0,
    rdata: { kind: 'NS', nameServer: Name.root },
  }
  expect(() => printRecord(record)).toThrow('a record of type A has rdata of NS')
})
