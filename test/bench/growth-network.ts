// A network of as many nodes as the argument says, in this process, and lookups in it. Prints what it measured as JSON.
import { randomBytes } from 'node:crypto'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { type ZoneId, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseName, parseZoneFile } from '@signpost/dns'
import { type ComposedNode, composeNode } from '../../packages/node/src/compose-node.ts'
import { readNodeOptions } from '../../packages/node/src/node-options.ts'
import { internalsOf } from '../../packages/node/src/dht/kad-internals.ts'
import { LookupTrace } from './lookup-trace.ts'
import { mean, timed, untilIdle } from './measure.ts'

const BOOTSTRAPS = 3
const ZONES = 12
const READERS = 5

/** What was measured in a network of one size; lists have an item for each lookup. */
export interface GrowthRun {
  readonly nodes: number
  /** Peers that a reader knew before its first lookup, on average. */
  readonly known: number
  /** Milliseconds to the first verified answer. */
  readonly times: readonly number[]
  /** Hops to the peer that gave it, and peers asked by then. */
  readonly firstHops: readonly number[]
  readonly firstAsked: readonly number[]
  /** The same when the lookup ended. */
  readonly hops: readonly number[]
  readonly asked: readonly number[]
  /** Octets of this process. */
  readonly memory: number
  /** Seconds until all nodes had joined. */
  readonly start: number
}

const nodes = Number(process.argv[2])
const members: ComposedNode[] = []
const start = await timed(async () => {
  for (let at = 0; at < nodes; at++) {
    members.push(await join('server'))
    await untilIdle()
  }
})
const zoneIds: ZoneId[] = []
for (let at = 0; at < ZONES; at++) {
  const signer = signerFromSeed(randomBytes(32))
  const zoneId = zoneIdOf(signer.publicKey)
  const content = parseZoneFile('$TTL 300\nwww A 192.0.2.1\n', { origin: parseName(`${zoneId}.`) })
  await pick(members, 1)[0]!.node.publish({ signer, content })
  zoneIds.push(zoneId)
  await untilIdle()
}
const known: number[] = []
const times: number[] = []
const traces: LookupTrace[] = []
for (let at = 0; at < READERS; at++) {
  const reader = await join('client')
  await untilIdle()
  const lookups = traceLookups(reader)
  known.push(reader.host.networks[0]!.routing.peers)
  for (const zoneId of zoneIds) {
    const time = await timed(async () => {
      const { kind } = await reader.node.resolve(zoneId)
      if (kind !== 'found') throw new Error(`a zone was not found: ${kind}`)
    })
    times.push(time)
    await untilIdle()
  }
  traces.push(...lookups)
  await reader.node.stop()
}
const run: GrowthRun = {
  nodes,
  known: mean(known),
  times,
  firstHops: traces.map(({ first }) => first?.hops ?? Number.NaN),
  firstAsked: traces.map(({ first }) => first?.asked ?? Number.NaN),
  hops: traces.map(({ hops }) => hops),
  asked: traces.map(({ asked }) => asked),
  memory: process.memoryUsage().rss,
  start: start / 1000,
}
console.log(JSON.stringify(run))
// Hundreds of connections would each take their leave.
process.exit()

/** A node that knows three members, as one that was told of them would. */
async function join(mode: 'server' | 'client'): Promise<ComposedNode> {
  const node = await composeNode(
    readNodeOptions({
      networks: [{ kind: 'private', name: 'growth' }],
      listen: mode === 'server' ? ['/ip4/127.0.0.1/tcp/0'] : [],
      bootstrap: pick(members, BOOTSTRAPS).flatMap(({ node }) => node.addresses),
      mdns: false,
      push: false,
      mode,
    }),
  )
  stopChecks(node.host.libp2p)
  return node
}

function pick<Item>(items: readonly Item[], count: number): Item[] {
  const left = [...items]
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(Math.random() * left.length), 1)[0]!,
  )
}

/** Traces each lookup of a node from now on. */
function traceLookups({ host }: ComposedNode): LookupTrace[] {
  const { dht } = host.networks[0]!
  const { routingTable } = internalsOf(dht) as unknown as { readonly routingTable: WholeTable }
  const traces: LookupTrace[] = []
  const get = dht.get.bind(dht)
  dht.get = async function* (key, options) {
    const known = routingTable.closestPeers(new Uint8Array(32), { count: routingTable.size })
    const trace = new LookupTrace(known.map(String))
    traces.push(trace)
    for await (const event of get(key, options)) {
      trace.take(event)
      yield event
    }
  }
  return traces
}

/** Of kad-dht's routing table, what its published types leave out. */
interface WholeTable {
  readonly size: number
  closestPeers(id: Uint8Array, options: { readonly count: number }): PeerId[]
}

/**
 * Ends libp2p's checks of connections. On machines of their own they are nothing; in one process, thousands of them are
 * most of its work, and what would grow is they.
 */
function stopChecks(libp2p: Libp2p): void {
  const { components } = libp2p as unknown as { readonly components: Components }
  components.connectionMonitor.stop()
}

// What libp2p's class has and its interface leaves out.
interface Components {
  readonly connectionMonitor: { stop(): void }
}
