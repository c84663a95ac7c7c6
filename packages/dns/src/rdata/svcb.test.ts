import { expect, test } from 'vitest'
import { InvalidRdataError, MalformedMessageError } from '../errors.ts'
import { Name, parseName } from '../name.ts'
import { rdataOctets } from '../record.ts'
import { RrType } from '../rr-type.ts'
import { WireReader } from '../wire.ts'
import { ZoneFileError } from '../zone-file/token.ts'
import { parseRdata, printRdata } from './presentation.ts'
import type { Rdata } from './rdata.ts'
import { decodeRdata } from './registry.ts'

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (rdata: Rdata, type: number = RrType.SVCB): string =>
  Buffer.from(rdataOctets(type, rdata)).toString('hex')
const decode = (wire: string): Rdata => decodeRdata(RrType.SVCB, new WireReader(octets(wire)))

const fooCom = '03 666f6f 07 6578616d706c65 03 636f6d 00'
const fooOrg = '03 666f6f 07 6578616d706c65 03 6f7267 00'

// RFC 9460, appendix D.1 and D.2, with the text that is printed.
const vectors: readonly (readonly [text: string, wire: string, printed: string])[] = [
  ['0 foo.example.com.', `0000 ${fooCom}`, '0 foo.example.com.'],
  ['1 .', '0001 00', '1 .'],
  ['16 foo.example.com. port=53', `0010 ${fooCom} 0003 0002 0035`, '16 foo.example.com. port=53'],
  [
    '1 foo.example.com. key667=hello',
    `0001 ${fooCom} 029b 0005 68656c6c6f`,
    '1 foo.example.com. key667=hello',
  ],
  [
    String.raw`1 foo.example.com. key667="hello\210qoo"`,
    `0001 ${fooCom} 029b 0009 68656c6c6fd2716f6f`,
    String.raw`1 foo.example.com. key667="hello\210qoo"`,
  ],
  [
    '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    `0001 ${fooCom} 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001`,
    '1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
  ],
  [
    '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    '0001 07 6578616d706c65 03 636f6d 00 0006 0010 20010db8012203440000 0000c0000221',
    '1 example.com. ipv6hint=2001:db8:122:344::c000:221',
  ],
  [
    '16 foo.example.org. (alpn=h2,h3-19 mandatory=ipv4hint,alpn\n ipv4hint=192.0.2.1)',
    `0010 ${fooOrg} 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201`,
    '16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1',
  ],
  [
    String.raw`16 foo.example.org. alpn="f\\\\oo\\,bar,h2"`,
    `0010 ${fooOrg} 0001 000c 08 665c6f6f2c626172 02 6832`,
    String.raw`16 foo.example.org. alpn="f\\\\oo\\,bar,h2"`,
  ],
  [
    String.raw`16 foo.example.org. alpn=f\\\092oo\092,bar,h2`,
    `0010 ${fooOrg} 0001 000c 08 665c6f6f2c626172 02 6832`,
    String.raw`16 foo.example.org. alpn="f\\\\oo\\,bar,h2"`,
  ],
]

test.each(vectors)('the vector %s', (text, wire, printed) => {
  for (const type of [RrType.SVCB, RrType.HTTPS]) {
    const rdata = parseRdata(type, text)
    expect(rdata.kind).toBe(type === RrType.SVCB ? 'SVCB' : 'HTTPS')
    expect(hex(rdata, type)).toBe(wire.replaceAll(' ', ''))
    expect(printRdata(type, decodeRdata(type, new WireReader(octets(wire))))).toBe(printed)
    expect(hex(parseRdata(type, printed), type)).toBe(wire.replaceAll(' ', ''))
  }
})

test.each([
  // RFC 9460, appendix D.3.
  ['1 foo.example.com. key123=abc key123=def', 'key123 stands twice'],
  ['1 foo.example.com. mandatory', 'no key'],
  ['1 foo.example.com. alpn', 'empty protocol'],
  ['1 foo.example.com. port', 'no port'],
  ['1 foo.example.com. ipv4hint', 'no list of addresses'],
  ['1 foo.example.com. ipv6hint', 'no list of addresses'],
  ['1 foo.example.com. no-default-alpn=abc', 'takes no value'],
  ['1 foo.example.com. mandatory=key123', 'mandatory lists key123, which the record does not have'],
  ['1 foo.example.com. mandatory=mandatory', 'lists itself'],
  ['1 foo.example.com. mandatory=key123,key123 key123=abc', 'lists a key twice'],
  // What its sections 2.1, 7 and 8 forbid besides.
  ['1 . alpn=h2 key1="\\002h3"', 'alpn stands twice'],
  ['1 . key1=h2', 'malformed'],
  ['1 . key2=x', 'malformed'],
  ['1 . key0', 'malformed'],
  ['1 . key0="\\000\\002\\000\\001" alpn=h2 no-default-alpn', 'ascending'],
  ['1 . key0="\\000\\000"', 'lists itself'],
  ['1 . ALPN=h2', 'lower case'],
  ['1 . nonsense', 'no service parameter'],
  ['1 . key007=x', 'no service parameter'],
  ['1 . key65536=x', 'no service parameter'],
  ['1 . mandatory=key007 key7=x', 'no key'],
  ['1 . mandatory=\\097lpn alpn=h2', 'no key'],
  ['1 . alpn=h2,,h3', 'empty protocol'],
  ['1 . alpn=",h2"', 'empty protocol'],
  [`1 . alpn=${'x'.repeat(256)}`, '255 octets'],
  ['1 . no-default-alpn', 'needs alpn'],
  ['1 . port=65536', 'no port'],
  ['1 . port=53,54', 'no port'],
  ['1 . port=\\053', 'no port'],
  ['1 . ipv4hint=1.2.3', 'no list of addresses'],
  ['1 . ipv4hint=1.2.3.4\\,2.3.4.5', 'no list of addresses'],
  ['1 . ech=', 'no base 64'],
  ['1 . ech=Zm9vMA', 'no base 64'],
  ['1 . dohpath=dns-query', 'no template of a path'],
  ['1 . dohpath=/q{?dnssec}', 'no template of a path'],
  ['1 . ohttp=1', 'takes no value'],
  ['1 . "alpn=h2"', 'no parameter'],
  ['1 . alpn= "h2"', 'empty protocol'],
  ['1 . alpn=h2"h3"', 'too close'],
  ['1 . key667="a"b', 'too close'],
  ['1 . key667="a""b"', 'too close'],
  ['1 . =h2', 'no service parameter'],
  ['1', 'ends before its target'],
])('%s is refused', (text, message) => {
  expect(() => parseRdata(RrType.SVCB, text)).toThrow(ZoneFileError)
  expect(() => parseRdata(RrType.SVCB, text)).toThrow(message)
})

test.each([
  ['1 . key23', '1 . key23'],
  ['1 . key23=', '1 . key23'],
  ['1 . key23=""', '1 . key23'],
  ['1 . alpn="h2" no-default-alpn=""', '1 . alpn=h2 no-default-alpn'],
  ['1 . key1=\\002h2 key2 key3=\\000\\053', '1 . alpn=h2 no-default-alpn port=53'],
  ['1 . alpn=h2\\,h3', '1 . alpn=h2,h3'], // the first layer of escapes is gone before the list is split
  ['1 . alpn=h2\\\\,h3', '1 . alpn="h2\\\\,h3"'],
  ['1 . key23="a b;c"', '1 . key23="a b;c"'],
  ['1 . key65535=x', '1 . key65535=x'],
  ['1 . ech=AEX+DQ==', '1 . ech=AEX+DQ=='],
  ['1 . dohpath=/dns-query{?dns} ohttp', '1 . dohpath=/dns-query{?dns} ohttp'],
  ['1 . key7=x', '1 . key7=x'], // well formed, but no text that dohpath could have
  ['0 . alpn=h2', '0 . alpn=h2'], // AliasMode: parameters are ignored, not refused (section 2.4.2)
])('%s is printed as %s', (text, printed) => {
  expect(printRdata(RrType.SVCB, parseRdata(RrType.SVCB, text))).toBe(printed)
})

test.each([
  ['keys out of order', '0001 00 0003 0002 0035 0001 0003 026832'],
  ['a key twice', '0001 00 0003 0002 0035 0003 0002 0036'],
  ['a value cut off', '0001 00 0003 0002 00'],
  ['a parameter cut off', '0001 00 0003'],
  ['an empty mandatory', '0001 00 0000 0000'],
  ['mandatory out of order', '0001 00 0000 0004 0003 0001 0001 0003 026832 0003 0002 0035'],
  ['mandatory that lists itself', '0001 00 0000 0002 0000'],
  ['an empty alpn', '0001 00 0001 0000'],
  ['an empty protocol in alpn', '0001 00 0001 0001 00'],
  ['a protocol that is cut off', '0001 00 0001 0002 0261'],
  ['no-default-alpn with a value', '0001 00 0001 0003 026832 0002 0001 00'],
  ['a port of three octets', '0001 00 0003 0003 000035'],
  ['half an address', '0001 00 0004 0002 c000'],
  ['no address', '0001 00 0006 0000'],
  ['an empty ech', '0001 00 0005 0000'],
])('on the wire, %s is MALFORMED_MESSAGE', (_, wire) => {
  expect(() => decode(wire)).toThrow(MalformedMessageError)
})

test.each([
  ['no-default-alpn without alpn', '0001 00 0002 0000'],
  ['mandatory without the key', '0001 00 0000 0002 0001'],
])('on the wire, %s is its client’s to judge, and is printed as octets', (_, wire) => {
  const rdata = decode(wire)
  const text = printRdata(RrType.SVCB, rdata)
  expect(text).toMatch(/^\\# \d+ [0-9a-f]+$/)
  expect(hex(parseRdata(RrType.SVCB, text))).toBe(wire.replaceAll(' ', ''))
})

test('parameters made by hand are checked when they are encoded', () => {
  const value = octets('0035')
  const make = (...keys: number[]): Rdata => ({
    kind: 'HTTPS',
    priority: 1,
    target: Name.root,
    params: keys.map(key => ({ key, value })),
  })
  expect(hex(make(3, 9), RrType.HTTPS)).toBe('000100000300020035000900020035')
  expect(() => rdataOctets(RrType.HTTPS, make(9, 3))).toThrow(InvalidRdataError)
  expect(() => rdataOctets(RrType.HTTPS, make(3, 3))).toThrow(InvalidRdataError)
})

test('a relative target belongs to the origin', () => {
  const rdata = parseRdata(RrType.HTTPS, '1 svc alpn=h3', parseName('example.com.'))
  expect(printRdata(RrType.HTTPS, rdata)).toBe('1 svc.example.com. alpn=h3')
})
