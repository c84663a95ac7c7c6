import { NotFoundError, type Stream } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import * as Digest from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'
import { type Owner, createOwner } from '../engine.test-support.ts'
import { routingOf, startHost, startHosts } from '../host/own-host.test-support.ts'
import { REMEMBERED_ADDRESSES } from '../host/peer-memory.ts'
import type { Refusal } from '../refusals.ts'
import { lanSettings, startStock } from '../traps/stock.test-support.ts'
import { inventPeers } from './hostile.test-support.ts'
import { type KadMessage, type KadPeer, encodeKadMessage } from './kad-message.ts'
import { LONGEST_MESSAGE } from './kad-stream.ts'

test('what the DHT keeps is shared out among the peers who put it, and they are told of apart', async () => {
  const refusals: Refusal[] = []
  const keep = { zones: 4, share: 0.5 }
  await using network = await startHosts(3, at =>
    at === 0 ? { keep, onRefused: refusal => refusals.push(refusal) } : {},
  )
  const [keeper, one, other] = network.hosts
  const to = keeper!.libp2p.peerId.toString()
  const owners = [1, 2, 3, 4].map(seed => createOwner(seed))
  const signal = AbortSignal.timeout(10_000)
  const putBy = async (host: typeof one, owner: Owner): Promise<boolean> =>
    routingOf(host!).send(to, owner.routingKey, (await owner.sign(1)).bytes, { signal })

  expect(await putBy(one, owners[0]!)).toBe(true)
  expect(await putBy(one, owners[1]!)).toBe(true)
  // At once, so that one request is answered while the other is.
  const [further, others] = await Promise.all([putBy(one, owners[2]!), putBy(other, owners[3]!)])

  expect([further, others]).toEqual([false, true])
  expect(refusals).toMatchObject([
    {
      way: 'put',
      reason: 'room',
      peer: one!.libp2p.peerId.toString(),
      zoneId: owners[2]!.zoneId,
      error: { code: 'NO_ROOM', reason: 'source' },
    },
  ])
})

/** A stranger that sends what it likes to a keeper's DHT. */
async function setUp() {
  const open = new AsyncDisposableStack()
  const keeper = open.use(await startHost())
  const stranger = open.use(await startStock({ dht: { ...lanSettings, clientMode: true } }))
  const connection = await stranger.dial(keeper.libp2p.getMultiaddrs())
  const id = stranger.peerId.toMultihash().bytes
  const send = async (...messages: KadMessage[]): Promise<Stream> => {
    const stream = await connection.newStream('/signpost/test/kad/1.0.0')
    await lpStream(stream).writeV(messages.map(encodeKadMessage))
    return stream
  }
  return { keeper, id, send, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

const content = Uint8Array.of(1, 0x55, 0x12, 32, ...new Uint8Array(32))
const ping: KadMessage = { type: 'PING', closer: [], providers: [] }

function announce(providers: readonly KadPeer[]): KadMessage {
  return { type: 'ADD_PROVIDER', key: content, closer: [], providers }
}

test('a request that names more peers than there are in an answer is refused whole', async () => {
  await using network = await setUp()
  const { libp2p } = network.keeper
  const own = { id: network.id, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/4011').bytes] }
  const others = inventPeers(1_000, () => '/ip4/127.0.0.1/tcp/1')
  const refused = await network.send(announce([own, ...others]))
  await expect.poll(() => refused.status).toBe('reset')
  const known = async (): Promise<string[]> => {
    const { addresses } = await libp2p.peerStore.get(peerIdFromMultihash(Digest.decode(network.id)))
    return addresses.map(({ multiaddr }) => multiaddr.toString())
  }
  expect(await known()).not.toContain('/ip4/127.0.0.1/tcp/4011')

  await network.send(announce([own, ...others.slice(0, 19)]))

  await expect.poll(known).toContain('/ip4/127.0.0.1/tcp/4011')
})

test('of the addresses that a peer says of itself, as many are read as are remembered', async () => {
  await using network = await setUp()
  const { libp2p } = network.keeper
  const merge = libp2p.peerStore.merge.bind(libp2p.peerStore)
  const merged: number[] = []
  libp2p.peerStore.merge = async (id, data, options) => {
    if (id.toString() === peerIdFromMultihash(Digest.decode(network.id)).toString())
      merged.push(data.multiaddrs?.length ?? 0)
    return merge(id, data, options)
  }
  const multiaddrs = Array.from({ length: 500 }, (_, at) => multiaddr(`/ip4/127.0.0.1/tcp/${at + 1}`).bytes)

  await network.send(announce([{ id: network.id, multiaddrs }]))

  await expect.poll(() => merged).toContain(REMEMBERED_ADDRESSES)
  expect(Math.max(...merged)).toBe(REMEMBERED_ADDRESSES)
})

test('a request that is too long is not read', async () => {
  await using network = await setUp()
  const stream = await network.send({ ...ping, key: new Uint8Array(LONGEST_MESSAGE) })
  await expect.poll(() => stream.status).toBe('reset')
})

test('requests that come faster than they are answered end, and others on one stream do not', async () => {
  await using network = await setUp()
  const answered = Promise.withResolvers<void>()
  network.keeper.networks[0]!.guard.get = async () => {
    await answered.promise
    throw new NotFoundError()
  }
  const ask: KadMessage = { type: 'GET_VALUE', key: createOwner().routingKey, closer: [], providers: [] }
  const long: KadMessage = { ...ask, record: new Uint8Array(30_000) }
  const slow = await network.send(ask, ...Array.from({ length: 4 }, () => long))
  const flood = await network.send(ask, ...Array.from({ length: 5 }, () => long))
  await expect.poll(() => flood.status).toBe('reset')
  expect(slow.status).toBe('open')
  answered.resolve()
})
