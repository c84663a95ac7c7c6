import { expect, test } from 'vitest'
import { describeStatus } from './status.ts'

test('the status names peers that are not reached, and why', () => {
  const lines = describeStatus(
    {
      version: '1.2.3',
      pid: 42,
      node: {
        peerId: '12D3Koo',
        addresses: ['/ip4/127.0.0.1/tcp/1/p2p/12D3Koo', '/ip6/::1/tcp/1/p2p/12D3Koo'],
        http: 'http://127.0.0.1:8080',
        networks: [
          { network: { kind: 'private', name: 'acme' }, mode: 'server', known: 0 },
          { network: { kind: 'amino' }, mode: 'client', known: 12 },
        ],
        mdns: false,
        dataDir: '/data',
        connected: 0,
        bootstrap: [
          { address: '/ip4/192.0.2.1/tcp/4011', connected: false, failures: 3, problem: 'refused' },
        ],
        followed: 2,
        refused: { malformed: 0, empty: 0, forged: 2, expired: 0, oversized: 0, stale: 1000, room: 3 },
        startedAt: 0,
      },
    },
    90_000,
  )
  expect(lines).toEqual([
    'daemon    signpost 1.2.3, process 42, up 1m 30s',
    'data      /data',
    'network   private:acme, as a server, 0 peers known',
    'network   amino, as a client, 12 peers known',
    'peers     0 connected',
    '          not reached: /ip4/192.0.2.1/tcp/4011 (refused)',
    'peer ID   12D3Koo',
    'addresses /ip4/127.0.0.1/tcp/1/p2p/12D3Koo',
    '          /ip6/::1/tcp/1/p2p/12D3Koo',
    'HTTP      http://127.0.0.1:8080',
    'following 2 zones',
    'refused   2 forged, 1000 stale, 3 for want of room',
  ])
})
