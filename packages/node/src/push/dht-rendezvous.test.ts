import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import type { Host } from '../host/host.ts'
import { introduce } from '../host/introduce.ts'
import { startHost } from '../host/own-host.test-support.ts'
import { DhtRendezvous } from './dht-rendezvous.ts'

const topic = '/record/test'
const { signal } = new AbortController()

function rendezvousOf(host: Host): DhtRendezvous {
  return new DhtRendezvous(host.libp2p, host.networks)
}

function isConnected(one: Host, other: Host): boolean {
  return one.libp2p.getConnections(other.libp2p.peerId).length > 0
}

test('two that know nothing of each other meet through a third that both know', async () => {
  await using between = await startHost()
  // In no routing table, so that no lookup brings them together.
  await using listener = await startHost({ mode: 'client' })
  await using speaker = await startHost({ mode: 'client', listen: [] })
  await introduce([between, listener])
  await introduce([between, speaker])
  expect(await rendezvousOf(listener).beFound(topic, { signal })).toBe(1)

  await rendezvousOf(speaker).meet('/record/another', 4, { signal })
  expect(isConnected(speaker, listener)).toBe(false)
  await rendezvousOf(speaker).meet(topic, 4, { signal })
  expect(isConnected(speaker, listener)).toBe(true)
})

test('no more are met than are wanted, and those out of reach do not count', async () => {
  await using between = await startHost()
  const listeners = await Promise.all([1, 2, 3].map(async () => startHost({ mode: 'client' })))
  for (const listener of listeners) {
    await introduce([between, listener])
    await rendezvousOf(listener).beFound(topic, { signal })
  }
  await listeners[0]?.stop()
  await using speaker = await startHost({ mode: 'client', listen: [] })
  await introduce([between, speaker])

  await rendezvousOf(speaker).meet(topic, 1, { signal })
  expect(listeners.filter(listener => isConnected(speaker, listener))).toHaveLength(1)
  await rendezvousOf(speaker).meet(topic, 4, { signal })
  expect(listeners.filter(listener => isConnected(speaker, listener))).toHaveLength(2)
  for (const listener of listeners.slice(1)) await listener.stop()
})

test('a node that nobody can reach does not say where it is', async () => {
  await using between = await startHost()
  await using hidden = await startHost({ mode: 'client', listen: [] })
  await introduce([between, hidden])
  expect(await rendezvousOf(hidden).beFound(topic, { signal })).toBe(0)
})

test('a node that is found no more does not say so again', async () => {
  await using between = await startHost()
  const datastore = new MemoryDatastore()
  await using listener = await startHost({ datastore })
  await introduce([between, listener])
  const rendezvous = rendezvousOf(listener)
  await rendezvous.beFound(topic, { signal })
  const kept = async (): Promise<number> =>
    (await all(datastore.queryKeys({ prefix: '/dht-private-test/provider' }))).length
  expect(await kept()).toBe(1)
  await rendezvous.beFoundNoMore(topic)
  expect(await kept()).toBe(0)
})

async function all<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}
