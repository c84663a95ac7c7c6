// Stock libp2p and kad-dht as a program that reads only their documentation would set them up: the
// controls of the trap tests. Nothing here uses our own code.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'
import { type KadDHT, type KadDHTInit, type QueryEvent, kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { type PingInit, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { MemoryDatastore } from 'datastore-core'
import type { Datastore, Key } from 'interface-datastore'
import { createIPNSRecord, marshalIPNSRecord, multihashToIPNSRoutingKey, unmarshalIPNSRecord } from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import { type ConnectionManagerInit, createLibp2p } from 'libp2p'

/** Of the routing table, what kad-dht's published types leave out. */
export interface RoutingTable extends EventTarget {
  readonly size: number
  find(peer: PeerId): Promise<PeerId | undefined>
  /** Pings a peer and takes it in if it answers. */
  add(peer: PeerId): Promise<void>
}

export type StockHost = Libp2p<{ dht: KadDHT }> & AsyncDisposable

export interface StockOptions {
  dht?: KadDHTInit
  ping?: PingInit
  datastore?: Datastore
  connectionManager?: ConnectionManagerInit
  /** More DHTs of the same host, by name. */
  also?: Record<string, KadDHTInit>
}

/** The protocol of a LAN DHT; servers that keep private addresses, or nothing works on loopback (trap 8). */
export const lanSettings: KadDHTInit = {
  protocol: '/ipfs/lan/kad/1.0.0',
  clientMode: false,
  peerInfoMapper: passthroughMapper,
  validators: { ipns: ipnsValidator },
  selectors: { ipns: ipnsSelector },
}

/** Connections from one address that a test may open in a second (trap 7). */
const manyConnections: ConnectionManagerInit = {
  inboundConnectionThreshold: 1000,
  maxIncomingPendingConnections: 1000,
}

export async function startStock(options: StockOptions = {}): Promise<StockHost> {
  const also = Object.entries(options.also ?? {}).map(([name, init]) => [name, kadDHT(init)] as const)
  const host = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: options.connectionManager ?? manyConnections,
    datastore: options.datastore ?? new MemoryDatastore(),
    services: {
      identify: identify(),
      ping: ping(options.ping),
      dht: kadDHT(options.dht ?? lanSettings),
      ...Object.fromEntries(also),
    },
  })
  return Object.assign(host as Libp2p<{ dht: KadDHT }>, stopAtEnd([host]))
}

export function tableOf(dht: KadDHT): RoutingTable {
  return (dht as unknown as { routingTable: RoutingTable }).routingTable
}

/** Resolves when the table holds the peer. */
export async function inTable(table: RoutingTable, peer: PeerId): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onAdd = (event: Event): void => {
    if (event instanceof CustomEvent && peer.equals(event.detail)) resolve()
  }
  table.addEventListener('peer:add', onAdd)
  if ((await table.find(peer)) === undefined) await promise
  table.removeEventListener('peer:add', onAdd)
}

/** Connects every host with every other, and waits until every routing table holds every other. */
export async function meet(hosts: readonly StockHost[]): Promise<void> {
  await Promise.all(
    hosts.map(async (host, at) => {
      // One after the other: a handshake has seconds, and hundreds of them in one process make each other late.
      for (const other of hosts.slice(0, at)) await host.dial(other.getMultiaddrs())
    }),
  )
  await Promise.all(
    hosts.flatMap(host =>
      hosts.filter(other => other !== host).map(other => takeIn(tableOf(host.services.dht), other.peerId)),
    ),
  )
}

/** Pings that a peer may leave unanswered; a busy machine loses one now and then, and kad-dht asks only once. */
const PING_ATTEMPTS = 5

async function takeIn(table: RoutingTable, peer: PeerId): Promise<void> {
  for (let attempt = 0; attempt < PING_ATTEMPTS; attempt++) {
    if ((await table.find(peer)) !== undefined) return
    await table.add(peer)
  }
  throw new Error(`peer ${peer.toString()} answers no ping`)
}

/** Starts hosts that all know each other, and stops them all when it goes out of scope. */
export async function startStockNetwork(
  count: number,
  options: (at: number) => StockOptions = () => ({}),
): Promise<{ hosts: StockHost[] } & AsyncDisposable> {
  const hosts = await Promise.all(Array.from({ length: count }, (_, at) => startStock(options(at))))
  await meet(hosts)
  return { hosts, ...stopAtEnd(hosts) }
}

/** Stops hosts when it goes out of scope. */
export function stopAtEnd(hosts: readonly { stop(): unknown }[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(
        hosts.map(async host => {
          await host.stop()
        }),
      )
    },
  }
}

const HOUR = 3_600_000

export interface OwnerKeys {
  readonly privateKey: PrivateKey
  readonly routingKey: Uint8Array
}

export async function createOwner(): Promise<OwnerKeys> {
  const privateKey = await generateKeyPair('Ed25519')
  return { privateKey, routingKey: multihashToIPNSRoutingKey(privateKey.publicKey.toMultihash()) }
}

/** A valid IPNS record that says `/ipfs/bafkqaaa` and lives for an hour. */
export async function signIpns(owner: OwnerKeys, sequence: number): Promise<Uint8Array> {
  const record = await createIPNSRecord(owner.privateKey, '/ipfs/bafkqaaa', sequence, HOUR, {
    v1Compatible: false,
  })
  return marshalIPNSRecord(record)
}

export function sequenceOf(record: Uint8Array): number {
  return Number(unmarshalIPNSRecord(record).sequence)
}

/** Reads a query, or anything else that yields, to its end. */
export async function drain<Item = QueryEvent>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}

/** The values among the events of a query, by sequence. */
export function sequencesIn(events: readonly QueryEvent[]): number[] {
  return events.filter(event => event.name === 'VALUE').map(event => sequenceOf(event.value))
}

/** Keeps the first record that it gets under a key and refuses every other, without a word. */
export class StubbornDatastore extends MemoryDatastore {
  private readonly held = new Set<string>()

  override put(key: Key, value: Uint8Array): Key {
    const name = key.toString()
    if (name.includes('/record/')) {
      if (this.held.has(name)) throw new Error('refused')
      this.held.add(name)
    }
    void super.put(key, value)
    return key
  }
}

/** Refuses every record. */
export class RefusingDatastore extends MemoryDatastore {
  override put(key: Key, value: Uint8Array): Key {
    if (key.toString().includes('/record/')) throw new Error('refused')
    void super.put(key, value)
    return key
  }
}

/**
 * From now on the hosts take DHT requests and answer none, as machines do that were suspended. Returns what ends
 * it for the requests that came in between.
 */
export async function freeze(hosts: readonly Libp2p[], protocol: string): Promise<() => void> {
  const held: Stream[] = []
  const hold = (stream: Stream): void => {
    held.push(stream)
  }
  await Promise.all(hosts.map(async host => host.handle(protocol, hold, { force: true })))
  return () => {
    for (const stream of held) stream.abort(new Error('woke up too late'))
  }
}
