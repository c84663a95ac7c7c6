import { expect, test } from 'vitest'
import { InvalidRdataError, MalformedMessageError } from '../errors.ts'
import { parseName } from '../name.ts'
import { rdataOctets } from '../record.ts'
import { RrType, parseRrType } from '../rr-type.ts'
import { WireReader } from '../wire.ts'
import { ZoneFileError } from '../zone-file/token.ts'
import { parseRdata, printRdata } from './presentation.ts'
import type { Rdata } from './rdata.ts'
import { decodeRdata } from './registry.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const typeOf = (name: string): number => parseRrType(name) ?? 0
const origin = parseName('example.com.')

// Type, text as a zone file has it, octets, and the text that is printed where it is another. Sources beside them.
const cases: [type: string, text: string, hex: string, printed?: string][] = [
  ['A', '192.0.2.1', 'c0000201'],
  ['A', String.raw`\# 4 C0 00 0201`, 'c0000201', '192.0.2.1'], // RFC 3597, section 5
  ['AAAA', '2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a', '2001:db8::8:800:200c:417a'],
  ['AAAA', '::ffff:129.144.52.38', '00000000000000000000ffff81903426'], // RFC 4291, section 2.2
  ['NS', 'ns1', '036e7331076578616d706c6503636f6d00', 'ns1.example.com.'],
  ['CNAME', 'a.example.net.', '0161076578616d706c65036e657400'],
  ['DNAME', 'example.net.', '076578616d706c65036e657400'],
  ['PTR', '.', '00'],
  ['PTR', '@', '076578616d706c6503636f6d00', 'example.com.'],
  ['MX', '10 mail', '000a046d61696c076578616d706c6503636f6d00', '10 mail.example.com.'],
  [
    'SOA',
    String.raw`VENERA Action\.domains ( 20 ; SERIAL
      2h 600 6w1d 60 )`,
    '0656454e455241076578616d706c6503636f6d000e416374696f6e2e646f6d61696e73076578616d706c6503636f6d000000001400001c20000002580038b0800000003c',
    String.raw`VENERA.example.com. Action\.domains.example.com. 20 7200 600 3715200 60`,
  ],
  ['TXT', '"v=spf1 -all"', '0b763d73706631202d616c6c'],
  ['TXT', 'one "two; three" ""', '036f6e650a74776f3b20746872656500', '"one" "two; three" ""'],
  ['TXT', String.raw`"a\"b\\c\009\065"`, '076122625c630941', String.raw`"a\"b\\c\009A"`],
  [
    'TXT',
    '"grüße €😀"',
    '0f6772c3bcc39f6520e282acf09f9880',
    String.raw`"gr\195\188\195\159e \226\130\172\240\159\152\128"`,
  ],
  [
    'SRV',
    '0 1 9 server',
    '00000001000906736572766572076578616d706c6503636f6d00',
    '0 1 9 server.example.com.',
  ],
  ['CAA', '0 issue "ca1.example.net"', '000569737375656361312e6578616d706c652e6e6574'], // RFC 8659, section 4.2
  ['CAA', '128 tbs Unknown', '8003746273556e6b6e6f776e', '128 tbs "Unknown"'],
  ['CAA', '0 issue ";"', '000569737375653b'],
  [
    'TLSA',
    '0 0 1 ( d2abde240d7cd3ee6b4b28c54df034b9\n7983a1d16e8a410e4561cb106618e971 )',
    '000001d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971', // RFC 6698, section 2.3
    '0 0 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971',
  ],
  ['SSHFP', '2 1 123456789abcdef67890123456789abcdef67890', '0201123456789abcdef67890123456789abcdef67890'], // RFC 4255
  [
    'NAPTR', // RFC 3403, section 6.1
    '100 50 "s" "z3950+N2L+N2C" "" _z3950._tcp',
    '0064003201730d7a333935302b4e324c2b4e324300065f7a33393530045f746370076578616d706c6503636f6d00',
    '100 50 "s" "z3950+N2L+N2C" "" _z3950._tcp.example.com.',
  ],
  [
    'NAPTR',
    String.raw`100 10 u SIP "!^.*$!sip:\\1@x!i" .`,
    '0064000a01750353495010215e2e2a24217369703a5c314078216900',
    String.raw`100 10 "u" "SIP" "!^.*$!sip:\\1@x!i" .`,
  ],
  [
    'URI',
    '10 1 "ftp://ftp1.example.com/public"',
    '000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963',
  ],
  [
    'DS', // RFC 4034, section 5.4
    '60485 RSASHA1 1 ( 2BB183AF5F22588179A53B0A\n98631FAD1A292118 )',
    'ec4505012bb183af5f22588179a53b0a98631fad1a292118',
    '60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118',
  ],
  ['CDS', '0 0 0 00', '0000000000'], // RFC 8078, section 4
  ['CDNSKEY', '0 3 0 AA==', '0000030000'],
  [
    'DNSKEY',
    '257 3 ED25519 l02Woi0iS8Aa 25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
    '0101030f97 4d96a22d224bc01adb9150914'.replace(' ', '') +
      '77d44ccd91c9a41a114300101 17d52c59240e'.replace(' ', ''),
    '257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
  ], // RFC 8080, section 6.1
  ['SMIMEA', '3 1 1 2bb183af', '0301012bb183af'],
  ['HINFO', '"RFC8482" ""', '075246433834383200'], // RFC 8482, section 4.2
  [
    'RP',
    'louie.trantor .',
    '056c6f756965077472616e746f72076578616d706c6503636f6d0000',
    'louie.trantor.example.com. .',
  ], // RFC 1183
  ['AFSDB', '1 bigbird', '00010762696762697264076578616d706c6503636f6d00', '1 bigbird.example.com.'], // RFC 1183
  ['OPENPGPKEY', 'mQ INBF\tQ=', '99020d0454', 'mQINBFQ='],
  ['TYPE65280', String.raw`\# 4 0A000001`, '0a000001', String.raw`\# 4 0a000001`],
  ['TYPE65280', String.raw`\# 0`, ''],
  ['RRSIG', String.raw`\# 2 0001`, '0001'],
]

test.each<[type: string, text: string, hex: string, printed?: string]>(cases)(
  '%s %s',
  (type, text, wire, printed) => {
    const rdata = parseRdata(typeOf(type), text, origin)
    expect(hex(rdataOctets(typeOf(type), rdata))).toBe(wire)
    expect(printRdata(typeOf(type), rdata)).toBe(printed ?? text)
    const decoded = decodeRdata(typeOf(type), new WireReader(octets(wire)))
    expect(decoded.kind).toBe(rdata.kind)
    expect(printRdata(typeOf(type), decoded)).toBe(printed ?? text)
  },
)

test.each([
  ['A', '192.0.2.256', 'not an IPv4 address'],
  ['A', '192.0.2.01', 'not an IPv4 address'],
  ['A', '"192.0.2.1"', 'not an IPv4 address'],
  ['A', '192.0.2.1 192.0.2.2', 'one word too many for A'],
  ['AAAA', 'fe80::1%eth0', 'not an IPv6 address'],
  ['MX', 'mail', 'not a number from 0 to 65535'],
  ['MX', '70000 mail', 'not a number from 0 to 65535'],
  ['MX', '10', 'MX ends before its exchange; write MX PREFERENCE EXCHANGE'],
  ['MX', '10 "mail"', 'stands in quotes'],
  ['MX', '10 a..b', 'empty label'],
  ['SOA', 'a b 1 2 3 4 soon', 'not a time'],
  ['SOA', 'a b 1h 2 3 4 5', 'not a number'],
  ['SOA', 'a b 1 9999999999 3 4 5', 'not a time'],
  ['TXT', '', 'TXT ends before its strings; write TXT STRINGS'],
  ['TXT', `"${'x'.repeat(256)}"`, 'split it into several'],
  ['TXT', String.raw`"\256"`, String.raw`write \DDD`],
  ['TXT', String.raw`\12`, String.raw`write \DDD`],
  ['TXT', 'half\u{d83d}', 'half a character'],
  ['CAA', '0 is-sue "x"', 'no CAA tag'],
  ['CAA', '0 "" "x"', 'no CAA tag'],
  ['CAA', '0 issue', 'CAA ends before its value; write CAA FLAGS TAG VALUE'],
  ['CAA', '256 issue "x"', 'not a number from 0 to 255'],
  ['URI', '10 1 https://example.com/', 'needs double quotes'],
  ['URI', '10 1 ""', 'is empty'],
  ['DS', '60485 5 1 2bb', 'hexadecimal'],
  ['DS', '60485 5 1 2b xx', '"xx" on is not hexadecimal'],
  ['DS', '60485 5 1', 'write DS KEY-TAG ALGORITHM DIGEST-TYPE DIGEST'],
  ['DS', '60485 RSA 1 00', 'not a number'],
  ['SSHFP', '1 1 "00"', 'hexadecimal'],
  ['OPENPGPKEY', 'mQINBF', 'base 64'],
  ['OPENPGPKEY', 'mQI*', 'base 64'],
  ['OPENPGPKEY', 'mQINBFR=', 'base 64'],
  ['OPENPGPKEY', '', 'ends before its key'],
  ['TYPE65280', '1.2.3.4', 'no text form'],
  ['TYPE65280', String.raw`"\#" 1 00`, 'no text form'],
  ['TYPE65280', String.raw`\# 3 0000`, 'the length is 3 and 2 octets follow'],
  ['TYPE65280', String.raw`\# 1 000`, 'odd'],
  ['TYPE65280', String.raw`\# x 00`, 'not a length'],
  ['TYPE65280', String.raw`\# 70000 00`, 'not a length'],
  ['TYPE65280', String.raw`\# 1 0g`, '"0g" is not hexadecimal'],
  ['A', String.raw`\# 3 c00002`, 'no rdata of A'],
  ['A', String.raw`\# 5 c000020100`, 'no rdata of A'],
  ['MX', String.raw`\# 4 000ac000`, 'compressed'],
  ['A', '192.0.2.1\n192.0.2.2', 'begins another line'],
] as const)('%s %s is refused', (type, text, message) => {
  expect(() => parseRdata(typeOf(type), text, origin)).toThrow(ZoneFileError)
  expect(() => parseRdata(typeOf(type), text, origin)).toThrow(message)
})

test('a relative name without an origin is refused, an absolute one is not', () => {
  expect(() => parseRdata(RrType.NS, 'ns1')).toThrow('there is no origin')
  expect(() => parseRdata(RrType.NS, String.raw`ns1\.`)).toThrow('there is no origin')
  expect(() => parseRdata(RrType.NS, '@')).toThrow('there is no origin')
  expect(printRdata(RrType.NS, parseRdata(RrType.NS, String.raw`ns1\\.`))).toBe(String.raw`ns1\\.`)
})

test.each([
  ['A', 'c00002'],
  ['A', 'c000020100'],
  ['TXT', ''],
  ['TXT', '0561'],
  ['MX', '000a'],
  ['SRV', '0000000000090161'],
  ['CAA', '00'],
  ['CAA', '0000'],
  ['CAA', '0002612d'],
  ['CAA', '000561'],
  ['URI', '000a0001'],
  ['TLSA', '030101'],
  ['DS', 'ec450501'],
  ['SSHFP', '0101'],
  ['OPENPGPKEY', ''],
  ['NAPTR', '0064000a01750353495000'],
])('%s of octets "%s" is MALFORMED_MESSAGE', (type, wire) => {
  expect(() => decodeRdata(typeOf(type), new WireReader(octets(wire)))).toThrow(MalformedMessageError)
})

const name = parseName('a.example.')
const none = new Uint8Array()
const wrong: readonly [number, Rdata][] = [
  [RrType.A, { kind: 'A', address: octets('c00002') }],
  [RrType.A, { kind: 'NS', nameServer: name }],
  [65_280, { kind: 'NS', nameServer: name }],
  [RrType.MX, { kind: 'MX', preference: 65_536, exchange: name }],
  [RrType.MX, { kind: 'MX', preference: 1.5, exchange: name }],
  [RrType.TXT, { kind: 'TXT', strings: [] }],
  [RrType.TXT, { kind: 'TXT', strings: [new Uint8Array(256)] }],
  [RrType.CAA, { kind: 'CAA', flags: 0, tag: '', value: none }],
  [RrType.CAA, { kind: 'CAA', flags: 0, tag: 'é', value: none }],
  [RrType.URI, { kind: 'URI', priority: 0, weight: 0, target: none }],
  [RrType.DS, { kind: 'DS', keyTag: 0, algorithm: 8, digestType: 2, digest: none }],
  [RrType.OPENPGPKEY, { kind: 'OPENPGPKEY', key: none }],
  [RrType.SVCB, { kind: 'SVCB', priority: 1, target: name, params: [{ key: 3, value: none }] }],
]

test.each(wrong)('a value that does not fit type %i is INVALID_RDATA', (type, rdata) => {
  expect(() => rdataOctets(type, rdata)).toThrow(InvalidRdataError)
})
