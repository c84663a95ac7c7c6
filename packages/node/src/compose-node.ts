import { MemoryDatastore } from 'datastore-core'
import type { Datastore } from 'interface-datastore'
import { type Clock, systemClock } from './clock.ts'
import { openDataDirectory } from './store/data-directory.ts'
import { NodeEventEmitter } from './events.ts'
import { HeldRecords } from './store/held-records.ts'
import { type Host, createHost } from './host/host.ts'
import { ServedStore } from './http/served-store.ts'
import { openLevelStore } from './store/level-store.ts'
import { MemoryStore } from './store/memory-store.ts'
import type { NodeSettings } from './node-options.ts'
import type { Node } from './node.ts'
import { DhtRendezvous } from './push/dht-rendezvous.ts'
import { Push } from './push/push.ts'
import { loadPeerKey } from './host/peer-identity.ts'
import { Publications } from './publish/publications.ts'
import { ReceivedRecords } from './store/received-records.ts'
import { jointMemory } from './resolve/zone-memory.ts'
import { RunningNode } from './running-node.ts'
import type { Store } from './store/store.ts'

/** A node, and the host beneath it for those who build networks of them. */
export interface ComposedNode {
  readonly node: Node
  readonly host: Host
}

/** What a node keeps, in a directory or in memory. */
interface Storage {
  readonly store: Store
  readonly datastore: Datastore
  close(): Promise<void>
}

/**
 * Puts the parts of a node together and starts them; where one does not start, none is left running.
 * @param introduced whether its peers are given to it, so that it looks for none by itself.
 */
export async function composeNode(settings: NodeSettings, introduced = false): Promise<ComposedNode> {
  const clock = systemClock(settings.now)
  const storage = await openStorage(settings)
  try {
    return await startNode(settings, clock, storage, introduced)
  } catch (error) {
    await storage.close()
    throw error
  }
}

async function startNode(
  settings: NodeSettings,
  clock: Clock,
  storage: Storage,
  introduced: boolean,
): Promise<ComposedNode> {
  const { logger, verifier } = settings
  const { datastore } = storage
  const events = new NodeEventEmitter()
  const publications = new Publications(storage.store, events.emit)
  const { store } = publications
  const held = new HeldRecords(store, verifier, logger)
  const received = new ReceivedRecords({ store, held, clock, emit: events.emit, logger })
  const followed = (await store.followed()).map(({ zoneId }) => zoneId)
  const own = await store.ownZones()
  const host = await createHost({
    networks: settings.networks,
    privateKey: await loadPeerKey(datastore),
    datastore,
    listen: settings.listen,
    bootstrap: settings.bootstrap,
    mdns: settings.mdns,
    mode: settings.mode,
    reachability: settings.reachability,
    connections: settings.connections,
    push: settings.push,
    keep: settings.keep,
    verifier,
    now: settings.now,
    logger,
    introduced,
    known: {
      get: zoneId => held.get(zoneId, clock.now()),
      floor: zoneId => store.floor(zoneId),
      keepsAlive: zoneId => store.keepsAlive(zoneId),
    },
    onRecord: record => {
      received.take(record)
    },
    onRefused: refusal => {
      events.emit('refused', refusal)
    },
  })
  const { gossip } = host
  const served = settings.http && new ServedStore(store)
  const guards = host.networks.map(({ guard }) => guard)
  const memory = jointMemory(served === undefined ? guards : [...guards, served])
  const rendezvous = introduced ? undefined : new DhtRendezvous(host.libp2p, host.networks)
  const context = { store, held, memory, received, events, verifier, clock, random: Math.random, logger }
  const push = gossip && new Push({ ...context, gossip, rendezvous })
  for (const zoneId of own) push?.watch(zoneId, true)
  for (const zoneId of followed) push?.watch(zoneId)
  const node = new RunningNode({
    settings,
    clock,
    events,
    publications,
    host,
    received,
    memory,
    served,
    followed,
    push,
    close: () => storage.close(),
  })
  try {
    if (settings.http !== undefined) await node.serve(settings.http)
    return { node, host }
  } catch (error) {
    await node.stop()
    throw error
  }
}

async function openStorage({ dataDir, store: limits }: NodeSettings): Promise<Storage> {
  if (dataDir === undefined)
    return {
      store: new MemoryStore(limits),
      datastore: new MemoryDatastore(),
      close: () => Promise.resolve(),
    }
  const directory = await openDataDirectory(dataDir)
  try {
    return {
      store: await openLevelStore(directory, limits),
      datastore: directory.datastore('libp2p'),
      close: () => directory.close(),
    }
  } catch (error) {
    await directory.close()
    throw error
  }
}
