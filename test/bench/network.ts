import { randomBytes } from 'node:crypto'
import { signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseName, parseZoneFile } from '@signpost/dns'
import { createNode } from '@signpost/node'
import { createTestnet } from '@signpost/node/testnet'
import {
  createOwner,
  drain,
  freeze,
  lanSettings,
  signIpns,
  startStock,
  startStockNetwork,
} from '../../packages/node/src/traps/stock.test-support.ts'
import { type Row, printTable } from './measure.ts'

const PEERS = 24
const FROZEN = 6
const ZONES = 20
/** A stock lookup with frozen peers takes up to a minute. */
const STOCK_ZONES = 2

type Times = Record<'publish' | 'cold' | 'frozen', number[]>

/** Publishing and resolving on loopback, next to kad-dht's own put and get; then again with a quarter of the peers frozen. */
export async function benchNetwork(): Promise<void> {
  const ours = await measureOurs()
  const stock = await measureStock()
  const rows = (key: keyof Times): Row[] => [
    { what: '@signpost/node', unit: 'ms', runs: ours[key], better: 'lower' },
    { what: 'stock kad-dht', unit: 'ms', runs: stock[key], better: 'lower' },
  ]
  printTable(
    `Publish to ${PEERS} peers (ours looks up the sequence, signs, writes to memory and counts acks; stock only puts)`,
    rows('publish'),
  )
  printTable(
    'Resolve a zone for the first time, to the first verified answer (stock: until get returns)',
    rows('cold'),
  )
  printTable(`The same with ${FROZEN} of the ${PEERS} peers frozen`, rows('frozen'))
}

async function measureOurs(): Promise<Times> {
  const times: Times = { publish: [], cold: [], frozen: [] }
  await using testnet = await createTestnet({ nodes: PEERS })
  const [publisher] = testnet.nodes
  const zones = Array.from({ length: ZONES * 2 }, () => signerFromSeed(randomBytes(32)))
  for (const signer of zones) {
    const content = parseZoneFile('$TTL 300\nwww A 192.0.2.1\n', {
      origin: parseName(`${zoneIdOf(signer.publicKey)}.`),
    })
    times.publish.push(await timed(() => publisher!.publish({ signer, content })))
  }
  // A client holds nothing for others, so nothing is on its disk.
  await using reader = await createNode({ ...testnet.join, mode: 'client' })
  const resolve = async (signer: { publicKey: Uint8Array }): Promise<number> =>
    timed(async () => {
      const outcome = await reader.resolve(zoneIdOf(signer.publicKey))
      if (outcome.kind !== 'found') throw new Error(`a zone was not found: ${outcome.kind}`)
    })
  // Once uncounted, so that the reader has met the network: stock is dialled to all of it, too.
  await resolve(zones.at(-1)!)
  for (const signer of zones.slice(0, ZONES)) times.cold.push(await resolve(signer))
  for (const node of testnet.nodes.slice(1, 1 + FROZEN)) await testnet.freeze(node)
  for (const signer of zones.slice(ZONES, -1)) times.frozen.push(await resolve(signer))
  return times
}

async function measureStock(): Promise<Times> {
  const times: Times = { publish: [], cold: [], frozen: [] }
  await using network = await startStockNetwork(PEERS)
  const [publisher] = network.hosts
  const owners = await Promise.all(Array.from({ length: ZONES + STOCK_ZONES }, createOwner))
  for (const owner of owners) {
    const record = await signIpns(owner, 1)
    times.publish.push(await timed(() => drain(publisher!.services.dht.put(owner.routingKey, record))))
  }
  const reader = await startStock({ dht: { ...lanSettings, clientMode: true } })
  try {
    for (const host of network.hosts) await reader.dial(host.getMultiaddrs())
    const get = async (owner: (typeof owners)[number]): Promise<number> =>
      timed(async () => {
        const events = await drain(reader.services.dht.get(owner.routingKey))
        if (!events.some(event => event.name === 'VALUE')) throw new Error('a value was not found')
      })
    for (const owner of owners.slice(0, ZONES)) times.cold.push(await get(owner))
    const thaw = await freeze(network.hosts.slice(1, 1 + FROZEN), lanSettings.protocol as string)
    for (const owner of owners.slice(ZONES)) times.frozen.push(await get(owner))
    thaw()
  } finally {
    await reader.stop()
  }
  return times
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e6
}
