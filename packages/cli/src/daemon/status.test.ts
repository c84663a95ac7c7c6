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
        network: { kind: 'private', name: 'acme' },
        mode: 'server',
        mdns: false,
        dataDir: '/data',
        connected: 0,
        known: 0,
        bootstrap: [
          { address: '/ip4/192.0.2.1/tcp/4011', connected: false, failures: 3, problem: 'refused' },
        ],
        startedAt: 0,
      },
    },
    90_000,
  )
  expect(lines).toEqual([
    'daemon    signpost 1.2.3, process 42, up 1m 30s',
    'data      /data',
    'network   private:acme',
    'peers     0 connected, 0 known',
    '          not reached: /ip4/192.0.2.1/tcp/4011 (refused)',
    'peer ID   12D3Koo',
    'addresses /ip4/127.0.0.1/tcp/1/p2p/12D3Koo',
    '          /ip6/::1/tcp/1/p2p/12D3Koo',
  ])
})
