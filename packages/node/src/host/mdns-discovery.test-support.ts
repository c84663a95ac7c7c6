// Two nodes that know nothing of each other on a link of their own. Runs in a network namespace that its test made,
// and nowhere else: it sends multicast.
import { networkInterfaces } from 'node:os'
import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { createNode } from '../create-node.ts'
import { silentLogger } from '../logger.ts'

const LINK = new Set(['lo', 'v0', 'v1'])
const strange = Object.keys(networkInterfaces()).filter(name => !LINK.has(name))
if (strange.length > 0)
  throw new Error(`${strange.join(', ')} is here too; this must run in a namespace of its own`)

const signer = signerFromSeed(new Uint8Array(32).fill(6))
const zoneId = zoneIdOf(signer.publicKey)
const content = parseZoneFile('www 60 IN A 192.0.2.1', { origin: apexOf(zoneId) })

const done = Promise.withResolvers<string>()
await using owner = await createNode({
  logger: {
    ...silentLogger,
    warn: message => {
      done.resolve(message)
    },
  },
})
await using reader = await createNode()
reader.addEventListener('peers', () => {
  void find()
})
console.log(await done.promise)

async function find(): Promise<void> {
  await owner.publish({ signer, content })
  const outcome = await reader.resolve(zoneId, { policy: 'network-first' })
  done.resolve(outcome.kind)
}
