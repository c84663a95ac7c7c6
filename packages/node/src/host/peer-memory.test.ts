import { setImmediate } from 'node:timers/promises'
import type { PeerId } from '@libp2p/interface'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { silentLogger } from '../logger.ts'
import { startHost } from './own-host.test-support.ts'
import { REMEMBERED_ADDRESSES, boundPeerMemory } from './peer-memory.ts'

async function inventPeer(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

async function inventPeers(count: number): Promise<PeerId[]> {
  return Promise.all(Array.from({ length: count }, inventPeer))
}

const at = (port: number) => ({ multiaddrs: [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)] })

test('of too many peers those go first that are in no routing table, and connected ones stay', async () => {
  await using near = await startHost()
  await using host = await startHost({ bootstrap: near.libp2p.getMultiaddrs() })
  const { libp2p } = host
  await expect.poll(() => libp2p.getConnections(near.libp2p.peerId)).toHaveLength(1)
  const { peerStore } = libp2p
  boundPeerMemory(libp2p, await peerStore.all(), silentLogger, 10)
  const neighbours = await inventPeers(3)
  for (const id of neighbours) await peerStore.merge(id, { ...at(1), tags: { 'kad-peer': { value: 1 } } })
  const named = await inventPeers(30)
  for (const id of named) await peerStore.merge(id, at(2))

  const left = async (): Promise<string[]> => (await peerStore.all()).map(({ id }) => id.toString()).sort()

  const stay = [near.libp2p.peerId, ...neighbours, ...named.slice(-6)].map(String).sort()
  await expect.poll(left).toEqual(stay)
  // Where there is nobody else, of the others too.
  const more = await inventPeers(11)
  for (const id of more) await peerStore.merge(id, { ...at(3), tags: { 'kad-peer': { value: 1 } } })
  await expect.poll(left).toEqual([near.libp2p.peerId, ...more.slice(-9)].map(String).sort())
})

test('peers that are remembered from before count', async () => {
  const datastore = new MemoryDatastore()
  const before = await inventPeers(5)
  {
    await using host = await startHost({ datastore })
    for (const id of before) await host.libp2p.peerStore.merge(id, at(1))
  }
  await using host = await startHost({ datastore })
  const { peerStore } = host.libp2p

  boundPeerMemory(host.libp2p, await peerStore.all(), silentLogger, 3)

  await expect.poll(async () => peerStore.all()).toHaveLength(3)
})

test('of a peer that says ever more addresses of itself, those that it signed are remembered', async () => {
  await using near = await startHost()
  await using host = await startHost()
  const { peerStore } = host.libp2p
  const peer = near.libp2p.peerId
  await host.libp2p.dial(near.libp2p.getMultiaddrs())
  const signed = async (): Promise<number> =>
    (await peerStore.get(peer)).addresses.filter(({ isCertified }) => isCertified).length
  await expect.poll(signed).toBeGreaterThan(0)
  const ports = Array.from({ length: 200 }, (_, at) => at + 1)

  await peerStore.merge(peer, {
    multiaddrs: ports.map(port => multiaddr(`/ip4/127.0.0.1/tcp/${port}`)),
  })

  await expect.poll(async () => (await peerStore.get(peer)).addresses.length).toBe(REMEMBERED_ADDRESSES)
  expect(await signed()).toBeGreaterThan(0)
})

test('of a peer that says more of itself than any honest one nothing is remembered', async () => {
  await using host = await startHost()
  const { peerStore } = host.libp2p
  const peer = await inventPeer()
  await peerStore.merge(peer, { ...at(1), protocols: ['/a/1.0.0'] })
  await setImmediate()
  expect(await peerStore.has(peer)).toBe(true)
  const protocols = Array.from({ length: 300 }, (_, each) => `/${'a'.repeat(100)}/${each}`)

  await peerStore.merge(peer, { protocols })

  await expect.poll(async () => peerStore.has(peer)).toBe(false)
})
