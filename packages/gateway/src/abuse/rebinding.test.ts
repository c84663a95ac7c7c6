import { type ResourceRecord, parseName, parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { idOf } from '../zones.test-support.ts'
import { addressOctets } from './network.ts'
import { isPrivate, isTrusted, privateAddressIn } from './rebinding.ts'

const records = (text: string): ResourceRecord[] =>
  parseZoneFile(`${text}\n`, { origin: parseName('a.example.'), defaultTtl: 60 })

test.each([
  ['@ A 0.0.0.0', '0.0.0.0'],
  ['@ A 127.0.0.1', '127.0.0.1'],
  ['@ A 127.255.0.9', '127.255.0.9'],
  ['@ A 10.1.2.3', '10.1.2.3'],
  ['@ A 172.16.0.1', '172.16.0.1'],
  ['@ A 172.31.255.255', '172.31.255.255'],
  ['@ A 192.168.1.1', '192.168.1.1'],
  ['@ A 169.254.169.254', '169.254.169.254'],
  ['@ A 100.64.0.1', '100.64.0.1'],
  ['@ A 192.0.0.1', '192.0.0.1'],
  ['@ A 255.255.255.255', '255.255.255.255'],
  ['@ AAAA 64:ff9b:1::7f00:1', '64:ff9b:1::7f00:1'],
  ['@ AAAA 2002:7f00:1::1', '2002:7f00:1::1'],
  ['@ AAAA ::ffff:0:127.0.0.1', '::ffff:0:7f00:1'],
  ['@ AAAA ::', '::'],
  ['@ AAAA ::1', '::1'],
  ['@ AAAA ::192.168.1.1', '::c0a8:101'],
  ['@ AAAA ::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['@ AAAA ::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ['@ AAAA fd12:3456::1', 'fd12:3456::1'],
  ['@ AAAA fc00::1', 'fc00::1'],
  ['@ AAAA fe80::1', 'fe80::1'],
  ['@ AAAA febf::1', 'febf::1'],
  ['@ AAAA fec0::1', 'fec0::1'],
  ['@ AAAA 64:ff9b::192.168.1.1', '64:ff9b::c0a8:101'],
  ['@ HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1,192.168.1.1', '192.168.1.1'],
  ['@ SVCB 1 . ipv6hint=2001:db8::1,fd00::1', 'fd00::1'],
  ['@ A 192.0.2.1\n@ A 192.168.1.1', '192.168.1.1'],
  ['@ CNAME b\nb A 10.0.0.1', '10.0.0.1'],
])('%j leads to %s', (text, address) => {
  expect(privateAddressIn(records(text))).toBe(address)
})

test.each([
  '@ A 192.0.2.1',
  '@ A 1.0.0.0',
  '@ A 126.255.255.255',
  '@ A 128.0.0.1',
  '@ A 172.15.255.255',
  '@ A 172.32.0.0',
  '@ A 192.167.1.1',
  '@ A 192.169.1.1',
  '@ A 100.63.255.255',
  '@ A 192.0.0.170',
  '@ AAAA 2002:c000:201::1',
  '@ AAAA 64:ff9b:2::7f00:1',
  '@ AAAA 2001:db8::1',
  '@ AAAA fbff::1',
  '@ AAAA fe00::1',
  '@ AAAA 64:ff9b::192.0.2.1',
  '@ HTTPS 1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
  '@ HTTPS 0 b',
  '@ TXT "192.168.1.1"',
  '@ TYPE65280 \\# 4 c0a80101',
])('%j leads to no private address', text => {
  expect(privateAddressIn(records(text))).toBeUndefined()
})

test('a hint that is cut short holds no address', () => {
  const [record] = records('@ HTTPS 1 . ipv4hint=192.0.2.1')
  const rdata = {
    kind: 'HTTPS' as const,
    priority: 1,
    target: parseName('.'),
    params: [{ key: 4, value: Uint8Array.of(192, 168, 1) }],
  }
  expect(privateAddressIn([{ ...record!, rdata }])).toBeUndefined()
})

test('every address of a private network is private, its neighbours are not', () => {
  for (const [first, last, below, above] of [
    ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
    ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fbff::', 'fe00::'],
    ['fe80::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe7f::', 'ff00::'],
  ] as const) {
    const verdicts = [first, last, below, above].map(text => isPrivate(addressOctets(text)!))
    expect([first, ...verdicts]).toEqual([first, true, true, false, false])
  }
})

const SUFFIXES = [parseName('signpost.internal.')]
const ID = idOf(1)
const trusted = (
  name: string,
  zones: 'petnames' | 'all' | 'none' = 'petnames',
  ...domains: string[]
): boolean => isTrusted(parseName(name), { domains: domains.map(text => parseName(text)), zones }, SUFFIXES)

test('an ordinary name is trusted where it is an exception or below one', () => {
  expect(trusted('www.example.com.')).toBe(false)
  expect(trusted('www.example.com.', 'all', 'Example.com.')).toBe(true)
  expect(trusted('example.com.', 'none', 'example.com.')).toBe(true)
  expect(trusted('myexample.com.', 'all', 'example.com.')).toBe(false)
})

test.each([
  ['petnames', false, true],
  ['all', true, true],
  ['none', false, false],
] as const)('zones %j: one by its ID is trusted: %j, one by a petname: %j', (zones, byId, byPetname) => {
  expect(trusted(`www.${ID}.signpost.internal.`, zones)).toBe(byId)
  expect(trusted(`WWW.${ID.toUpperCase()}.Signpost.Internal.`, zones)).toBe(byId)
  expect(trusted('www.alice.signpost.internal.', zones)).toBe(byPetname)
})

test('a zone of somebody whom the user knows is trusted, unless none shall be', () => {
  const name = parseName(`www.${ID}.signpost.internal.`)
  const trustsZone = (zoneId: string): boolean => zoneId === ID
  for (const zones of ['petnames', 'none'] as const) {
    expect(isTrusted(name, { domains: [], zones, trustsZone }, SUFFIXES)).toBe(zones === 'petnames')
    expect(
      isTrusted(parseName(`www.${idOf(2)}.signpost.internal.`), { domains: [], zones, trustsZone }, SUFFIXES),
    ).toBe(false)
  }
})

test('a zone by its ID may be an exception, and so may all below a suffix', () => {
  expect(trusted(`www.${ID}.signpost.internal.`, 'none', `${ID}.signpost.internal.`)).toBe(true)
  expect(trusted(`www.${ID}.signpost.internal.`, 'none', `${idOf(2)}.signpost.internal.`)).toBe(false)
  expect(trusted('www.alice.signpost.internal.', 'none', 'signpost.internal.')).toBe(true)
})
