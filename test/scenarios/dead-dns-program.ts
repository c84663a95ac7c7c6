// A network that starts, stops and comes back a week later while every resolver of the machine is dead. Runs in a
// network namespace that its test made, where 127.0.0.1:53 belongs to nobody else. Prints what happened as JSON.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { type Node, type NodeOptions, createNode } from '@signpost/node'

const WEEK = 7 * 86_400_000

// Takes whatever a resolver is asked, and answers nothing: a resolver that is up and of no use.
let queries = 0
const resolver = createSocket('udp4', () => {
  queries++
})
resolver.bind(53, '127.0.0.1')
await once(resolver, 'listening')

const signer = signerFromSeed(new Uint8Array(32).fill(3))
const zoneId = zoneIdOf(signer.publicKey)
const content = parseZoneFile('www 60 IN A 192.0.2.1', { origin: apexOf(zoneId) })
const directory = await mkdtemp(join(tmpdir(), 'signpost-dead-dns-'))

/** Port 4101 and up, so that those who remember a peer find it where it was. */
async function start(at: number, options: NodeOptions = {}): Promise<Node> {
  return createNode({
    networks: [{ kind: 'private', name: 'dead-dns' }],
    listen: [`/ip4/127.0.0.1/tcp/${4101 + at}`],
    dataDir: join(directory, String(at)),
    ...options,
  })
}

const outcome: Record<string, unknown> = {}
{
  const first = await start(0)
  const second = await start(1, { bootstrap: [...first.addresses] })
  const { acks } = await second.publish({ signer, content })
  outcome['acks'] = acks
  outcome['found'] = (await first.resolve(zoneId)).kind
  await Promise.all([first.stop(), second.stop()])
}
{
  // A week later, with no bootstrap list: only what is on disk says where the others are.
  const now = (): number => Date.now() + WEEK
  const first = await start(0, { now })
  const second = await start(1, { now })
  const alone = await first.resolve(zoneId, { policy: 'cache-only' })
  outcome['onDisk'] = alone.kind === 'found' && alone.freshness
  outcome['floor'] = (await first.inspect(zoneId)).floor
  const again = await first.resolve(zoneId, { policy: 'network-first' })
  outcome['later'] = again.kind === 'found' && { freshness: again.freshness, from: again.provenance.source }
  const published = await second.publish({ signer, content })
  outcome['next'] = { sequence: published.sequence, acks: published.acks }
  await Promise.all([first.stop(), second.stop()])
}
resolver.close()
await rm(directory, { recursive: true })
console.log(JSON.stringify({ ...outcome, queries }))
