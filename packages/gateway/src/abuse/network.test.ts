import { BlockList, isIPv4 } from 'node:net'
import { printRdata } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressOctets, isIn, maskOctets, networks, parseNetwork } from './network.ts'

const isWithin = (address: string, network: string): boolean =>
  isIn(addressOctets(address)!, networks(network)[0]!)

test.each([
  ['192.0.2.7', '192.0.2.0/24', true],
  ['192.0.3.7', '192.0.2.0/24', false],
  ['192.0.2.130', '192.0.2.128/25', true],
  ['192.0.2.127', '192.0.2.128/25', false],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.2', '192.0.2.1', false],
  ['255.1.2.3', '0.0.0.0/0', true],
  ['::1', '0.0.0.0/0', false],
  ['192.0.2.1', '::/0', false],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:db8::1', '2001:DB8:0::1/128', true],
  ['fe80::1%eth0', 'fe80::/10', true],
  ['::ffff:192.0.2.7', '192.0.2.0/24', true],
  ['::ffff:c000:207', '192.0.2.0/24', true],
  ['192.0.2.7', '::ffff:192.0.2.0/120', true],
  ['192.0.3.7', '::ffff:192.0.2.0/120', false],
])('%s in %s: %s', (address, network, within) => {
  expect(isWithin(address, network)).toBe(within)
})

test.each([
  ['', /give an address or a network/],
  ['localhost', /give an address or a network/],
  ['192.0.2', /give an address or a network/],
  ['192.0.2.0/24/1', /give an address or a network/],
  ['192.0.2.0/33', /from 0 to 32/],
  ['2001:db8::/129', /from 0 to 128/],
  ['192.0.2.0/', /from 0 to 32/],
  ['192.0.2.0/-1', /from 0 to 32/],
  ['fe80::1%eth0/64', /give an address or a network/],
  ['192.0.2.1/24', /an address with more than 24 bits; give the network, or the address alone/],
])('%j is no network, and the problem says what to give', (text, problem) => {
  expect(parseNetwork(text)).toMatch(problem)
})

test('what is no address has no octets', () => {
  for (const text of ['', 'x', '1.2.3', '1.2.3.4.5', ':::', '%eth0'])
    expect(addressOctets(text)).toBeUndefined()
})

const octets = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  // The first ones are not zero, so that none is IPv4 in the guise of IPv6.
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Uint8Array.of(0x20, ...bytes.subarray(1))),
)
const print = (bytes: Uint8Array): string =>
  bytes.length === 4
    ? printRdata(1, { kind: 'A', address: bytes })
    : printRdata(28, { kind: 'AAAA', address: bytes })

test("an address is in a network exactly where Node's own list says so", () => {
  fc.assert(
    fc.property(octets, octets, fc.nat(128), (some, other, length) => {
      const bits = Math.min(length, some.length * 8)
      const base = maskOctets(some, bits)
      // Half of the addresses share the prefix, so that both answers come up.
      const address = other[3]! % 2 === 0 ? base.map((octet, at) => octet | (other[at] ?? 0)) : other
      const list = new BlockList()
      list.addSubnet(print(base), bits, base.length === 4 ? 'ipv4' : 'ipv6')
      const text = print(address)
      if (address.length !== base.length) return
      expect(isWithin(text, `${print(base)}/${bits}`)).toBe(list.check(text, isIPv4(text) ? 'ipv4' : 'ipv6'))
    }),
  )
})
