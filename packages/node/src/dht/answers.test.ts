import type { PeerId, Stream } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { Libp2pRecord } from '@libp2p/record'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import * as Digest from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import { REMEMBERED_ADDRESSES } from '../host/peer-memory.ts'
import { type StockHost, inTable, lanSettings, startStock, tableOf } from '../traps/stock.test-support.ts'
import { NAMED_PEERS, NamedPeers } from './answers.ts'
import { answerWith, inventPeers } from './hostile.test-support.ts'
import type { KadMessage, KadPeer } from './kad-message.ts'

const PROTOCOL = '/signpost/test/kad/1.0.0'
const at = (text: string): Uint8Array => multiaddr(text).bytes

function idOf({ id }: KadPeer): PeerId {
  return peerIdFromMultihash(Digest.decode(id))
}

/** A node of ours that knows one peer, which answers as it likes. */
async function setUp(answer: () => Partial<KadMessage>) {
  const open = new AsyncDisposableStack()
  const hostile: StockHost = open.use(await startStock({ dht: { ...lanSettings, protocol: PROTOCOL } }))
  const asking = open.use(await ours.startHost({ introduced: true }))
  await answerWith(hostile, PROTOCOL, answer)
  await asking.libp2p.dial(hostile.getMultiaddrs())
  await inTable(tableOf(asking.networks[0]!.dht), hostile.peerId)
  return {
    hostile,
    asking,
    peerStore: asking.libp2p.peerStore,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

test('of an answer that is far too long, what comes first counts', async () => {
  const owner = ours.createOwner()
  const { bytes } = await owner.sign(1)
  const closer = inventPeers(5_000, port => `/ip4/127.0.0.1/tcp/${1 + (port % 9)}`)
  const record = new Libp2pRecord(owner.routingKey, bytes, new Date()).serialize()
  await using network = await setUp(() => ({ record, closer }))

  const answers = await ours.ask(network.asking, owner)

  expect(answers.filter(({ kind }) => kind === 'value')).toHaveLength(1)
  // The ports are nine, and each is one peer's.
  expect(await network.peerStore.all()).toHaveLength(1 + 9)
})

test.each([
  ['that ends too early', [9, 8, 1]],
  ['that says it has 2^40 octets', [128, 128, 128, 128, 128, 64]],
  ['that is no message', [2, 8, 9]],
])('an answer %s is none', async (_, octets) => {
  await using network = await setUp(() => ({}))
  const answer = async (stream: Stream): Promise<void> => {
    await lpStream(stream).read()
    stream.send(Uint8Array.from(octets))
    await stream.close()
  }
  await network.hostile.handle(PROTOCOL, answer, { force: true })
  expect(await ours.ask(network.asking, ours.createOwner())).toEqual([])
})

test('addresses that strangers say of a peer take none from it that it has', async () => {
  const [victim] = inventPeers(1, () => '/ip4/127.0.0.1/tcp/1')
  let port = 0
  await using network = await setUp(() => ({
    closer: [{ ...victim!, multiaddrs: Array.from({ length: 8 }, () => at(`/ip4/127.0.0.1/tcp/${++port}`)) }],
  }))
  const id = idOf(victim!)
  await network.peerStore.merge(id, { multiaddrs: [multiaddr('/ip4/203.0.113.9/tcp/4011')] })

  for (let seed = 1; seed <= 10; seed++) await ours.ask(network.asking, ours.createOwner(seed))

  expect(port).toBeGreaterThanOrEqual(80)
  const { addresses } = await network.peerStore.get(id)
  expect(addresses).toHaveLength(REMEMBERED_ADDRESSES)
  expect(addresses.map(({ multiaddr }) => multiaddr.toString())).toContain('/ip4/203.0.113.9/tcp/4011')
})

test('nobody tells a node where it is itself', async () => {
  let self: Uint8Array | undefined
  await using network = await setUp(() => ({
    closer: self === undefined ? [] : [{ id: self, multiaddrs: [at('/ip4/203.0.113.9/tcp/4011')] }],
  }))
  const { libp2p } = network.asking
  self = libp2p.peerId.toMultihash().bytes

  await ours.ask(network.asking, ours.createOwner())

  const { addresses } = await libp2p.peerStore.get(libp2p.peerId)
  expect(addresses.map(({ multiaddr }) => multiaddr.toString())).not.toContain('/ip4/203.0.113.9/tcp/4011')
})

test('twenty peers of a list count', () => {
  const peers = inventPeers(30, port => `/ip4/127.0.0.1/tcp/${port + 1}`)
  const taken = new NamedPeers().take(peers)
  expect(taken.map(({ id }) => id)).toEqual(peers.slice(0, NAMED_PEERS).map(({ id }) => id))
})

test('who is no peer does not count, and spoils nothing', () => {
  const [one, other] = inventPeers(2, port => `/ip4/127.0.0.1/tcp/${port + 1}`)
  const broken = { id: Uint8Array.of(1, 2, 3), multiaddrs: [] }
  const taken = new NamedPeers().take([one!, broken, { ...broken, id: new Uint8Array(0) }, other!])
  expect(taken.map(({ id }) => id)).toEqual([one!.id, other!.id])
})

test('addresses that this node can dial count, eight of a peer, and a port for one peer', () => {
  const [one, other] = inventPeers(2, () => '/ip4/127.0.0.1/tcp/1')
  const usable = [
    '/ip4/192.0.2.1/tcp/4011',
    '/ip4/192.0.2.1/tcp/4011/ws',
    '/ip6/2001:db8::1/tcp/4011',
    ...[1, 2, 3, 4, 5, 6].map(port => `/ip4/192.0.2.1/tcp/${port}`),
  ]
  const useless = [
    '/ip4/192.0.2.1/udp/4011/quic-v1',
    '/dns4/example.com/tcp/4011',
    `/ip4/192.0.2.1/tcp/4012/http-path/${'a'.repeat(300)}`,
  ].map(at)
  const taken = new NamedPeers().take([
    { ...one!, multiaddrs: [...useless, Uint8Array.of(4, 1), new Uint8Array(0), ...usable.map(at)] },
    { ...other!, multiaddrs: [...usable.map(at), at('/ip4/192.0.2.1/tcp/7')] },
  ])
  expect(taken.map(({ info }) => info.multiaddrs.map(String))).toEqual([
    usable.slice(0, 8),
    [usable.at(-1), '/ip4/192.0.2.1/tcp/7'],
  ])
})
