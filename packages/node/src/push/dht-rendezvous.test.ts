import type { Connection, PeerId, RoutingOptions } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { quiet } from '../engine.test-support.ts'
import type { Host } from '../host/host.ts'
import { introduce } from '../host/introduce.ts'
import { startHost } from '../host/own-host.test-support.ts'
import { DhtRendezvous, type MeetingPlace } from './dht-rendezvous.ts'

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

test('a network that does not answer takes nothing from another one', async () => {
  const asked: string[] = []
  const places = [placeOf('frozen', asked, true), placeOf('other', asked)]
  const dialled: string[] = []
  const rendezvous = new DhtRendezvous(diallerOf(dialled), places)
  const give = new AbortController()
  const ends = Promise.allSettled([
    rendezvous.beFound(topic, { signal: give.signal }),
    rendezvous.meet(topic, 2, { signal: give.signal }),
  ])
  await quiet()
  expect(asked.toSorted()).toEqual(['frozen find', 'frozen provide', 'other find', 'other provide'])
  expect(dialled).toEqual(['other'])
  give.abort(new Error('it took too long'))
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('who has met enough waits for no other network', async () => {
  const dialled: string[] = []
  const rendezvous = new DhtRendezvous(diallerOf(dialled), [
    placeOf('frozen', [], true),
    placeOf('other', []),
  ])
  await rendezvous.meet(topic, 1, { signal })
  expect(dialled).toEqual(['other'])
})

test('what one network has heard is not said there again, for as long as it is said at all', async () => {
  const asked: string[] = []
  const frozen = placeOf('frozen', asked, true)
  const rendezvous = new DhtRendezvous(diallerOf([]), [frozen, placeOf('other', asked)])
  const announce = async (): Promise<string[]> => {
    asked.splice(0)
    const give = new AbortController()
    const end = rendezvous.beFound(topic, { signal: give.signal })
    end.catch(() => {})
    await quiet()
    give.abort(new Error('it took too long'))
    await expect(end).rejects.toThrow('it took too long')
    return asked.toSorted()
  }
  expect(await announce()).toEqual(['frozen provide', 'other provide'])
  expect(await announce()).toEqual(['frozen provide'])
  await rendezvous.beFoundNoMore(topic)
  expect(await announce()).toEqual(['frozen provide', 'other provide'])
})

/** Reaches everybody, and notes whom. */
function diallerOf(dialled: string[]): ConstructorParameters<typeof DhtRendezvous>[0] {
  return {
    peerId: peerOf('this'),
    getMultiaddrs: () => [multiaddr('/ip4/127.0.0.1/tcp/1')],
    getConnections: () => [],
    dial: async peer => {
      dialled.push(String(peer))
      return {} as Connection
    },
  }
}

function peerOf(name: string): PeerId {
  return { toString: () => name, equals: () => false } as unknown as PeerId
}

/** A network that notes what it is asked, and in which one peer answers; or none does, ever. */
function placeOf(name: string, asked: string[], isFrozen = false): MeetingPlace {
  const answer = async (what: string, options: RoutingOptions | undefined): Promise<void> => {
    asked.push(`${name} ${what}`)
    if (isFrozen) await new Promise((_resolve, reject) => onAbort(options?.signal, reject))
  }
  return {
    settled: Promise.resolve(),
    dht: {
      async *provide(_cid, options) {
        await answer('provide', options)
        yield { name: 'PEER_RESPONSE', messageName: 'ADD_PROVIDER' } as QueryEvent
      },
      async *findProviders(_cid, options) {
        await answer('find', options)
        yield { name: 'PROVIDER', providers: [{ id: peerOf(name), multiaddrs: [] }] } as unknown as QueryEvent
      },
      cancelReprovide: async () => {},
    },
  }
}

function onAbort(signal: AbortSignal | undefined, reject: (reason: unknown) => void): void {
  signal?.addEventListener('abort', () => {
    reject(signal.reason)
  })
}

async function all<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}
