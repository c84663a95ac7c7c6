import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { zoneIdOf } from '@signpost/core'
import { parseCount } from './count.ts'
import { parseDuration, printDuration } from './duration.ts'
import { parseHostPort, printHostPort } from './host-port.ts'
import { parseList } from './list.ts'
import { parseMultiaddr } from './multiaddr.ts'
import { networksToJoin, parseNetwork, printNetwork } from './network.ts'
import { parseSuffix } from './suffix.ts'
import { parsePetname } from './petname.ts'
import { parseZoneName } from './zone-name.ts'

const zoneId = zoneIdOf(
  Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'),
)

const petnames = new Map([['alice', zoneId]])

test.each([
  ['30d', 30 * 86_400_000],
  ['24h', 86_400_000],
  ['1h30m', 5_400_000],
  ['1W', 604_800_000],
  ['45s', 45_000],
])('%s is a duration', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each(['', '30', 'd', '1.5h', '-1h', '1h 30m', '1y', '9999999999999w'])('"%s" is no duration', text => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test('a bare number counts seconds only where that is said', () => {
  expect(parseDuration('300', 's')).toBe(300_000)
  expect(parseDuration('5m', 's')).toBe(300_000)
  expect(() => parseDuration('300')).toThrow('such as 30d')
})

test('a duration is printed with its two longest units', () => {
  expect(printDuration(0)).toBe('0s')
  expect(printDuration(59_999)).toBe('59s')
  expect(printDuration(5_400_000)).toBe('1h 30m')
  expect(printDuration(30 * 86_400_000 + 61_000)).toBe('30d 1m')
})

test.each([
  ['127.0.0.1:5300', { host: '127.0.0.1', port: 5300 }],
  ['[::1]:53', { host: '::1', port: 53 }],
])('%s is an address with a port', (text, expected) => {
  expect(parseHostPort(text)).toEqual(expected)
  expect(printHostPort(expected)).toBe(text)
})

test('an address alone has the default port, where there is one', () => {
  expect(parseHostPort('192.0.2.1', { defaultPort: 53 })).toEqual({ host: '192.0.2.1', port: 53 })
  expect(parseHostPort('2001:db8::1', { defaultPort: 53 })).toEqual({ host: '2001:db8::1', port: 53 })
  expect(parseHostPort('[2001:db8::1]', { defaultPort: 53 })).toEqual({ host: '2001:db8::1', port: 53 })
  expect(() => parseHostPort('192.0.2.1')).toThrow('192.0.2.1:5300')
  expect(() => parseHostPort('::1')).toThrow('[::1]:5300')
})

test('an error writes a port as an example that is not another thing’s', () => {
  for (const text of ['127.0.0.1', 'localhost.example', '::1'])
    expect(() => parseHostPort(text, { examplePort: 8080 })).toThrow(/:8080/)
})

test('port 0 means any free port, and only where that makes sense', () => {
  expect(parseHostPort('127.0.0.1:0', { allowPortZero: true })).toEqual({ host: '127.0.0.1', port: 0 })
  expect(() => parseHostPort('127.0.0.1:0')).toThrow('from 1 to 65535')
})

test.each([
  ['localhost:53', '127.0.0.1 or [::1]'],
  ['dns.example.net:53', 'no IP address'],
  ['127.0.0.1:', 'no port'],
  ['127.0.0.1:65536', 'from 1 to 65535'],
  ['127.0.0.1:http', 'from 1 to 65535'],
  ['[::1]53', 'no IP address'],
  ['', 'no IP address'],
])('"%s" is refused as an address with a port', (text, why) => {
  expect(() => parseHostPort(text)).toThrow(why)
})

test('any address and port reads back as it was printed', () => {
  const endpoint = fc.record({
    host: fc.oneof(fc.ipV4(), fc.constant('::1'), fc.constant('2001:db8::5')),
    port: fc.integer({ min: 1, max: 65_535 }),
  })
  fc.assert(
    fc.property(endpoint, value => {
      expect(parseHostPort(printHostPort(value))).toEqual(value)
    }),
  )
})

test('a list is parted by commas and spaces', () => {
  expect(parseList('a,b  c, ', item => item.toUpperCase())).toEqual(['A', 'B', 'C'])
})

test('a list of nothing is refused: it says neither everywhere nor nowhere', () => {
  for (const text of ['', ' , ']) expect(() => parseList(text, item => item)).toThrow('it is empty')
})

test.each(['/ip4/127.0.0.1/tcp/0', '/ip6/::/tcp/4001/ws', '/dns4/peer.example.net/tcp/4001'])(
  '%s is a multiaddr',
  text => {
    expect(parseMultiaddr(text)).toBe(text)
  },
)

test.each(['', '127.0.0.1:4001', '/ip4/127.0.0.1', '/ip4/300.0.0.1/tcp/1', '/ipfoo/1/tcp/1', '/'])(
  '"%s" is no multiaddr',
  text => {
    expect(() => parseMultiaddr(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)

test('networks read back as they were printed', () => {
  for (const text of ['lan', 'amino', 'private:acme-prod'])
    expect(printNetwork(parseNetwork(text))).toBe(text)
  expect(parseNetwork('private')).toEqual({ kind: 'private', name: 'signpost' })
})

test.each(['', 'LAN', 'private:', 'private:A', 'private:a b', `private:${'a'.repeat(33)}`, 'private:-a'])(
  '"%s" is no network',
  text => {
    expect(() => parseNetwork(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)

const lan = { kind: 'lan' } as const
const amino = { kind: 'amino' } as const

test('a node joins the local and the public network, unless it is told otherwise or is for this machine alone', () => {
  const choice = { chosen: undefined, listen: undefined, publicForbidden: false }
  expect(networksToJoin(choice)).toEqual([lan, amino])
  expect(networksToJoin({ ...choice, listen: ['/ip4/0.0.0.0/tcp/4011'] })).toEqual([lan, amino])
  expect(networksToJoin({ ...choice, listen: ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'] })).toEqual([lan])
  expect(networksToJoin({ ...choice, chosen: [amino], listen: ['/ip4/127.0.0.1/tcp/0'] })).toEqual([amino])
})

test.each([
  ['/ip6/::1/tcp/0', true],
  ['/ip6/0:0:0:0:0:0:0:1/tcp/0', true],
  ['/ip6/0::1/tcp/0', true],
  ['/ip6/::ffff:127.0.0.1/tcp/0', true],
  ['/ip4/127.3.2.1/tcp/0/ws', true],
  ['/ip6zone/lo/ip6/::1/tcp/0', true],
  ['/ip6/::/tcp/0', false],
  ['/ip6/1::/tcp/0', false],
  ['/ip4/128.0.0.1/tcp/0', false],
  ['/dns4/localhost/tcp/0', false],
])('a node that listens on %s stays on this machine: %s', (address, stays) => {
  const networks = networksToJoin({ chosen: undefined, listen: [address], publicForbidden: false })
  expect(networks).toEqual(stays ? [lan] : [lan, amino])
})

test('where the public network is forbidden nothing joins it, and asking for it is an error', () => {
  const choice = { chosen: undefined, listen: undefined, publicForbidden: true }
  expect(networksToJoin(choice)).toEqual([lan])
  expect(() => networksToJoin({ ...choice, chosen: [lan, amino] })).toThrow('SIGNPOST_NO_PUBLIC_NETWORK')
})

test('a suffix is a name without its final dot, in lower case', () => {
  expect(parseSuffix('Signpost.Internal.')).toBe('signpost.internal')
  for (const text of ['', '.', 'a..b', 'a b']) expect(() => parseSuffix(text)).toThrow('is no suffix')
})

test.each([
  `www.${zoneId}`,
  `www.${zoneId}.`,
  `WWW.${zoneId.toUpperCase()}`,
  `www.${zoneId}.signpost.internal`,
  `www.${zoneId}.Signpost.INTERNAL.`,
])('%s is a name in its zone', text => {
  const found = parseZoneName(text, ['signpost.internal'], petnames)
  expect(found.zoneId).toBe(zoneId)
  expect(found.name.toString().toLowerCase()).toBe(`www.${zoneId}.`)
})

test.each(['www.alice', 'WWW.Alice.', 'www.alice.signpost.internal'])(
  '%s is a name in the zone that the user calls so',
  text => {
    const found = parseZoneName(text, ['signpost.internal'], petnames)
    expect(found.zoneId).toBe(zoneId)
    expect(found.name.toString().toLowerCase()).toBe(`www.${zoneId}.`)
  },
)

test('a petname is one label of a host name, in its form in DNS', () => {
  expect(parsePetname('Alice')).toBe('alice')
  expect(parsePetname('bücher')).toBe('xn--bcher-kva')
  for (const text of ['', '.', 'a.b', 'a_b', '-a', 'a-', '../a', '*', zoneId, 'a'.repeat(64)])
    expect(() => parsePetname(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test('the apex is a name in its zon, and other scripts are read', () => {
  expect(parseZoneName(zoneId, [], petnames).name.toString()).toBe(`${zoneId}.`)
  expect(parseZoneName(`bücher.${zoneId}`, [], petnames).name.toString()).toBe(`xn--bcher-kva.${zoneId}.`)
})

test.each(['www.example.net', 'signpost.internal', `${zoneId}.example.net`, zoneId.slice(0, -1), '', 'a..b'])(
  '"%s" is in no zone',
  text => {
    expect(() => parseZoneName(text, ['signpost.internal'], petnames)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
  },
)

test('a count is a whole number within its limits', () => {
  expect(parseCount('7', { min: 1, max: 9 })).toBe(7)
  for (const text of ['0', '10', '1.5', '', '-1', '1e1'])
    expect(() => parseCount(text, { min: 1, max: 9 })).toThrow('from 1 to 9')
})
