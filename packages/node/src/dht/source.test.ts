import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { sourceOf } from './source.ts'

const peer = '12D3KooW'

test.each([
  ['/ip4/8.8.4.77/tcp/4011', '8.8.4.0/24'],
  ['/ip4/8.8.4.78/tcp/5/ws', '8.8.4.0/24'],
  ['/ip6/2606:db8:7::1/tcp/4011', '2606:db8:7::/48'],
  ['/ip6/2606:db8:7:ffff::1/tcp/4011', '2606:db8:7::/48'],
  ['/ip6/2600::1/tcp/4011', '2600:0:0::/48'],
  ['/ip4/192.168.1.7/tcp/4011', '192.168.1.7'],
  ['/ip6/fe80::1/tcp/4011', 'fe80:0:0:0::/64'],
  ['/ip6/fe80::2/tcp/4011', 'fe80:0:0:0::/64'],
  ['/ip6zone/eth0/ip6/fe80::1/tcp/4011', 'fe80:0:0:0::/64'],
  ['/ip6/fd00:1:2:3:4:5:6:7/tcp/4011', 'fd00:1:2:3::/64'],
  ['/ip6/fd00:1:2:4::1/tcp/4011', 'fd00:1:2:4::/64'],
  ['/ip4/127.0.0.1/tcp/4011', peer],
  ['/ip6/::1/tcp/4011', peer],
  ['/ip6/::ffff:8.8.4.77/tcp/4011', '8.8.4.0/24'],
  ['/ip6/::ffff:192.168.1.7/tcp/4011', '192.168.1.7'],
  ['/ip6/::ffff:127.0.0.1/tcp/4011', peer],
  [
    '/ip4/8.8.4.77/tcp/4011/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X/p2p-circuit',
    '8.8.4.0/24',
  ],
  ['/unix/%2Ftmp%2Fsocket', peer],
])('%s is of the source %s', (address, source) => {
  expect(sourceOf(peer, multiaddr(address))).toBe(source)
})

test('a peer without a connection is a source of its own', () => {
  expect(sourceOf(peer, undefined)).toBe(peer)
})
