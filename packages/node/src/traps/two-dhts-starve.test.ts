import type { PeerId } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { PING_STREAMS } from '../host/host.ts'
import { internalsOf } from '../dht/kad-internals.ts'
import * as ours from '../host/own-host.test-support.ts'
import {
  type StockHost,
  type StockOptions,
  inTable,
  lanSettings,
  startStock,
  stopAtEnd,
  tableOf,
} from './stock.test-support.ts'
import type { KadDHT } from '@libp2p/kad-dht'

const HOSTS = 3
const PEERS = HOSTS - 1

const second = {
  ...lanSettings,
  protocol: '/second/kad/1.0.0',
  datastorePrefix: '/second',
  logPrefix: 'libp2p:second',
  metricsPrefix: 'second',
}

/** Connects hosts of two DHTs each, and returns how many peers each table has when every peer was pinged. */
async function tableSizes(options: StockOptions): Promise<number[]> {
  const hosts = await Promise.all(
    Array.from({ length: HOSTS }, () => startStock({ ...options, also: { second } })),
  )
  await using _ = stopAtEnd(hosts)
  const dhts = hosts.flatMap(host => [host.services.dht, secondOf(host)])
  const pinged = dhts.map(untilPinged)
  await Promise.all(
    hosts.flatMap((host, at) => hosts.slice(0, at).map(async other => host.dial(other.getMultiaddrs()))),
  )
  await Promise.all(pinged)
  return dhts.map(dht => tableOf(dht).size)
}

function secondOf(host: StockHost): KadDHT {
  return (host.services as unknown as { second: KadDHT }).second
}

/** Resolves when the DHT has pinged each peer, and has put those that it takes in into its table. */
async function untilPinged(dht: KadDHT): Promise<void> {
  interface Bucket {
    add(peer: PeerId, options: unknown): Promise<void>
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  const { kb } = (dht as unknown as { routingTable: { kb: Bucket } }).routingTable
  const add = kb.add.bind(kb)
  const pinged = new Set<string>()
  kb.add = async (peer, options) => {
    await add(peer, options)
    pinged.add(peer.toString())
    if (pinged.size === PEERS) resolve()
  }
  await promise
}

test('control: of two DHTs in one stock host the second gets no peer, and no error says so', async () => {
  const sizes = await tableSizes({})

  expect(sizes.filter(size => size < PEERS).length).toBeGreaterThanOrEqual(HOSTS)
})

test('two DHTs in one host both get every peer with our ping streams', async () => {
  const sizes = await tableSizes({ ping: PING_STREAMS })

  expect(sizes).toEqual(sizes.map(() => PEERS))
})

test('a host of ours in two networks has every peer in both', async () => {
  const networks = [{ kind: 'lan' }, { kind: 'private', name: 'second' }] as const
  const hosts = await Promise.all(Array.from({ length: HOSTS }, async () => ours.startHost({ networks })))
  await using _ = stopAtEnd(hosts)

  await Promise.all(
    hosts.flatMap(({ libp2p }, at) =>
      hosts.slice(0, at).map(async other => libp2p.dial(other.libp2p.getMultiaddrs())),
    ),
  )

  // Ends when every table holds every peer, and not before.
  for (const host of hosts)
    for (const { dht } of host.networks)
      for (const other of hosts)
        if (other !== host) await inTable(internalsOf(dht).routingTable, other.libp2p.peerId)
  expect(hosts.flatMap(host => host.networks.map(({ routing }) => routing.peers))).toEqual([2, 2, 2, 2, 2, 2])
})
