// A network of nodes on loopback, and a peer in it that keeps to no rule.
import type { PeerId } from '@libp2p/interface'
import { Libp2pRecord } from '@libp2p/record'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { type ComposedNode, composeNode } from '../compose-node.ts'
import { internalsOf } from '../dht/kad-internals.ts'
import { introduce } from './introduce.ts'
import { type NodeOptions, readNodeOptions } from '../node-options.ts'
import {
  type StockHost,
  inTable,
  lanSettings,
  startStock,
  stopAtEnd,
  tableOf,
} from '../traps/stock.test-support.ts'

const NETWORK = 'scenario'

/** Starts nodes that all know each other, and stops them when it goes out of scope. */
export async function startNodes(
  count: number,
  options: (at: number) => NodeOptions = () => ({}),
): Promise<{ readonly members: ComposedNode[] } & AsyncDisposable> {
  const members = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      composeNode(
        readNodeOptions({
          networks: [{ kind: 'private', name: NETWORK }],
          listen: ['/ip4/127.0.0.1/tcp/0'],
          mdns: false,
          ...options(at),
        }),
        true,
      ),
    ),
  )
  await introduce(members.map(({ host }) => host))
  return { members, ...stopAtEnd(members.map(({ node }) => node)) }
}

/** A stock peer that checks nothing, puts what it likes and answers what it likes. */
export class Stranger implements AsyncDisposable {
  private readonly host: StockHost
  private readonly datastore: MemoryDatastore

  private constructor(host: StockHost, datastore: MemoryDatastore) {
    this.host = host
    this.datastore = datastore
  }

  /**
   * Joins a network whose nodes are all given.
   * @param datastore what it keeps and answers with: all that it is given, unless that one decides otherwise.
   */
  static async join(
    members: readonly ComposedNode[],
    datastore: MemoryDatastore = new MemoryDatastore(),
  ): Promise<Stranger> {
    const dht = {
      ...lanSettings,
      protocol: `/signpost/${NETWORK}/kad/1.0.0`,
      validators: { ipns: async () => {} },
      selectors: { ipns: () => 0 },
    }
    const host = await startStock({ dht, datastore })
    for (const { host: other } of members) await host.dial(other.libp2p.getMultiaddrs())
    await Promise.all(
      members.map(async ({ host: other }) => {
        for (const network of other.networks) await inTable(tableOf(network.dht), host.peerId)
        await inTable(tableOf(host.services.dht), other.libp2p.peerId)
      }),
    )
    return new Stranger(host, datastore)
  }

  get peerId(): string {
    return this.host.peerId.toString()
  }

  /** Answers with these octets whoever asks for the key. */
  async plant(key: Uint8Array, value: Uint8Array): Promise<void> {
    await this.datastore.put(nameOf(key), new Libp2pRecord(key, value, new Date()).serialize())
  }

  /** The octets that it answers with. */
  async answers(key: Uint8Array): Promise<Uint8Array> {
    return Libp2pRecord.deserialize(await this.datastore.get(nameOf(key))).value
  }

  /** Puts octets to one peer. Resolves to whether it took them. */
  async put(peer: PeerId, key: Uint8Array, value: Uint8Array): Promise<boolean> {
    return this.putEnvelope(peer, key, new Libp2pRecord(key, value, new Date()).serialize())
  }

  /** The same with octets of its own around the record. */
  async putEnvelope(peer: PeerId, key: Uint8Array, record: Uint8Array): Promise<boolean> {
    const options = {
      signal: AbortSignal.timeout(10_000),
      path: { index: -1, queued: 0, running: 0, total: 0 },
    }
    const { network } = internalsOf(this.host.services.dht)
    for await (const event of network.sendRequest(peer, { type: 'PUT_VALUE', key, record }, options))
      if (event.name === 'PEER_RESPONSE') return event.record !== undefined
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.stop()
  }
}

// As kad-dht names a record in its datastore.
function nameOf(key: Uint8Array): Key {
  return new Key(`/dht/record/${base32.encode(key).slice(1)}`)
}
