import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { Host } from './host.ts'
import * as ours from './own-host.test-support.ts'

const direct = { nat: false, relay: 'none', announce: [] } as const

/** Resolves with the host's address at a relay. */
async function relayedAddress({ libp2p }: Host): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const look = (): void => {
    const found = libp2p.getMultiaddrs().find(address => address.toString().includes('/p2p-circuit/'))
    if (found !== undefined) resolve(found.toString())
  }
  libp2p.addEventListener('self:peer:update', look)
  look()
  return promise
}

test('a node that listens nowhere is reached through one that relays', async () => {
  await using relay = await ours.startHost({ reachability: { ...direct, relay: 'serve' } })
  const hidden = await ours.startHost({
    listen: [],
    bootstrap: relay.libp2p.getMultiaddrs(),
    reachability: { ...direct, relay: 'use' },
  })
  await using _ = hidden
  await using other = await ours.startHost({ reachability: { ...direct, relay: 'use' } })

  await other.libp2p.dial(multiaddr(await relayedAddress(hidden)))

  expect(other.libp2p.getConnections(hidden.libp2p.peerId)).toHaveLength(1)
  // It counts its limits, so that a relay gives away only so much.
  expect(other.libp2p.getConnections(hidden.libp2p.peerId)[0]?.limits).toBeDefined()
})

test('a node with nobody to ask for a relay goes on with other work', async () => {
  await using host = await ours.startHost({
    networks: [{ kind: 'amino' }, { kind: 'lan' }],
    reachability: { ...direct, relay: 'use' },
  })
  // While it walks, timers run: that is all this asks for.
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(host.libp2p.status).toBe('started')
})

function modes(host: Host): string[] {
  return host.networks.map(({ dht }) => dht.getMode())
}

test('in the public network a node only asks until it has a public address, and on a LAN it serves at once', async () => {
  const networks = [{ kind: 'amino' }, { kind: 'lan' }] as const
  await using behindNat = await ours.startHost({ networks })
  expect(modes(behindNat)).toEqual(['client', 'server'])

  const announced = [multiaddr('/ip4/8.8.8.8/tcp/4001')]
  await using reachable = await ours.startHost({
    networks,
    reachability: { ...direct, announce: announced },
  })
  await expect.poll(() => modes(reachable), { timeout: 10_000 }).toEqual(['server', 'server'])

  await using client = await ours.startHost({
    networks,
    mode: 'client',
    reachability: { ...direct, announce: announced },
  })
  expect(modes(client)).toEqual(['client', 'client'])
})
