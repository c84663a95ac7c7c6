import type { IdentifyResult, Libp2p } from '@libp2p/interface'
import type { Host } from './host.ts'
import { type RoutingTable, internalsOf } from '../dht/kad-internals.ts'

/** Pings that a peer may leave unanswered before it counts as broken; a busy machine loses one now and then. */
const PING_ATTEMPTS = 5

/**
 * Handshakes at a time. They are all this process's own work, and each has six seconds: hundreds at once would
 * make each other late.
 */
const DIALS_AT_A_TIME = 8

/** Milliseconds for all of it; a network that takes longer is too large for this machine. */
const IDENTIFY_TIMEOUT = 120_000

/**
 * Makes hosts know each other at once, where a network would take its time: connects each with every other, and
 * resolves when every routing table holds every other server, with its addresses.
 */
export async function introduce(hosts: readonly Host[]): Promise<void> {
  const done = new AbortController()
  const identified = hosts.map(host => untilIdentified(host.libp2p, hosts.length - 1, done.signal))
  const dials = hosts.flatMap(({ libp2p }, at) =>
    hosts.slice(0, at).map(other => ({ from: libp2p, to: other.libp2p })),
  )
  const work = async (): Promise<void> => {
    for (let dial = dials.pop(); dial !== undefined; dial = dials.pop())
      // A client listens nowhere, so it has to be the one that dials.
      if (dial.to.getMultiaddrs().length > 0) await dial.from.dial(dial.to.getMultiaddrs())
      else await dial.to.dial(dial.from.getMultiaddrs())
  }
  try {
    await Promise.all([...identified, ...Array.from({ length: DIALS_AT_A_TIME }, work)])
  } finally {
    done.abort()
  }
  await Promise.all(hosts.map(host => fillTables(host, hosts)))
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
async function untilIdentified(libp2p: Libp2p, count: number, done: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const peers = new Set<string>()
  const timer = setTimeout(() => {
    reject(new Error(`only ${peers.size} of ${count} peers identified themselves in ${IDENTIFY_TIMEOUT} ms`))
  }, IDENTIFY_TIMEOUT)
  const settle = (): void => {
    clearTimeout(timer)
    resolve()
  }
  done.addEventListener('abort', settle, { once: true })
  libp2p.addEventListener(
    'peer:identify',
    (event: CustomEvent<IdentifyResult>) => {
      peers.add(event.detail.peerId.toString())
      if (peers.size >= count) settle()
    },
    { signal: done },
  )
  if (count === 0) settle()
  await promise
}
