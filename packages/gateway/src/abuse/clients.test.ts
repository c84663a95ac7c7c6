import { expect, test } from 'vitest'
import { limitsWith } from '../limits.ts'
import { Clients, standingOf } from './clients.ts'
import { LOOPBACK, networks } from './network.ts'

const parts = {
  allow: networks('127.0.0.0/8', '192.168.0.0/16', '2001:db8::/32'),
  unlimited: LOOPBACK,
  limits: limitsWith(),
}

test('who is on no list is a stranger, whatever family or spelling its address has', () => {
  const clients = new Clients(parts)
  for (const [address, allowed] of [
    ['127.0.0.1', true],
    ['192.168.7.7', true],
    ['::ffff:192.168.7.7', true],
    ['2001:db8::1%eth0', true],
    ['192.169.0.1', false],
    ['::1', false],
    ['2001:db9::1', false],
    ['', false],
    ['nonsense', false],
  ] as const)
    for (let n = 0; n < 2; n++) expect([address, clients.of(address).allowed]).toEqual([address, allowed])
})

test('no rate limit applies to those on the list for that, and to nobody else', () => {
  expect(standingOf('127.1.2.3', parts).unlimited).toBe(true)
  expect(standingOf('192.168.1.1', parts).unlimited).toBe(false)
})

function of(address: string, limits = {}): string[] {
  const allow = networks('0.0.0.0/0', '::/0', '203.0.113.0/24', '2001:db8:5::/48')
  const { network, target } = standingOf(address, { ...parts, allow, limits: limitsWith(limits) })
  return [network, target]
}

test('one client is an IPv4 address, or 56 bits of IPv6; a reply reaches 24 bits, or 56', () => {
  expect(of('198.51.100.77')).toEqual(['198.51.100.77/32', '198.51.100.0/24'])
  expect(of('::ffff:198.51.100.77')).toEqual(of('198.51.100.77'))
  expect(of('2001:db8:1:2ff::1')).toEqual(of('2001:db8:1:200:9::9'))
  expect(of('2001:db8:1:2ff::1')).not.toEqual(of('2001:db8:1:3ff::1'))
  expect(of('198.51.100.77', { clientIpv4Bits: 16, responseIpv4Bits: 8 })).toEqual([
    '198.51.0.0/16',
    '198.0.0.0/8',
  ])
})

test.each(['10.9.8.7', '100.64.0.1', '127.0.0.2', '192.168.1.77', '203.0.113.9'])(
  'in a network of the user a reply reaches %s alone',
  address => {
    expect(of(address)).toEqual([`${address}/32`, `${address}/32`])
  },
)

test('in a network of the user a reply reaches one address of IPv6 alone', () => {
  for (const prefix of ['fd00::', 'fe80::', '2001:db8:5:1::'])
    expect(of(`${prefix}1`)[1]).not.toBe(of(`${prefix}2`)[1])
})
