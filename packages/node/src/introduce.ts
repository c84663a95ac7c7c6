import type { IdentifyResult, Libp2p } from '@libp2p/interface'
import type { Host } from './host.ts'
import { type RoutingTable, internalsOf } from './kad-internals.ts'

/** Pings that a peer may leave unanswered before it counts as broken; a busy machine loses one now and then. */
const PING_ATTEMPTS = 5

/**
 * Makes hosts know each other at once, where a network would take its time: connects each with every other, and
 * resolves when every routing table holds every other server, with its addresses.
 */
export async function introduce(hosts: readonly Host[]): Promise<void> {
  const identified = hosts.map(host => untilIdentified(host.libp2p, hosts.length - 1))
  await Promise.all(
    hosts.flatMap(({ libp2p }, at) =>
      hosts.slice(0, at).map(async other => libp2p.dial(other.libp2p.getMultiaddrs())),
    ),
  )
  await Promise.all(identified)
  await Promise.all(hosts.map(async host => fillTables(host, hosts)))
}

async function fillTables(host: Host, hosts: readonly Host[]): Promise<void> {
  for (const [at, { dht }] of host.networks.entries()) {
    const { routingTable } = internalsOf(dht)
    const others = hosts.filter(other => other !== host && other.networks[at]?.dht.getMode() === 'server')
    await Promise.all(others.map(async other => takeIn(routingTable, other.libp2p)))
  }
}

async function takeIn(table: RoutingTable, { peerId }: Libp2p): Promise<void> {
  for (let attempt = 0; attempt < PING_ATTEMPTS; attempt++) {
    if ((await table.find(peerId)) !== undefined) return
    await table.add(peerId)
  }
  throw new Error(`peer ${peerId.toString()} answers no ping`)
}

// Identify tells a peer the addresses of the one that dialled it.
async function untilIdentified(libp2p: Libp2p, count: number): Promise<void> {
  if (count === 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const peers = new Set<string>()
  const onIdentify = (event: CustomEvent<IdentifyResult>): void => {
    peers.add(event.detail.peerId.toString())
    if (peers.size >= count) resolve()
  }
  libp2p.addEventListener('peer:identify', onIdentify)
  await promise
  libp2p.removeEventListener('peer:identify', onIdentify)
}
