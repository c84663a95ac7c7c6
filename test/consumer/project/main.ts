import { apexOf, lookup, signerFromSeed, zoneIdOf, zoneOf } from '@signpost/core'
import { RrType, parseName, parseZoneFile } from '@signpost/dns'
import { parseUnicodeName } from '@signpost/dns/idna'
import { createGateway } from '@signpost/gateway'
import { createNode } from '@signpost/node'
import { createTestnet } from '@signpost/node/testnet'

await using testnet = await createTestnet({ nodes: 2 })
await using node = await createNode({ ...testnet.join, mode: 'client' })
await using gateway = await createGateway({ resolver: node, listen: [{ host: '127.0.0.1', port: 0 }] })
const signer = signerFromSeed(new Uint8Array(32).fill(1))
const zoneId = zoneIdOf(signer.publicKey)
await node.publish({
  signer,
  content: parseZoneFile('$TTL 60\nwww A 192.0.2.1\n', { origin: apexOf(zoneId) }),
})
const outcome = await node.resolve(zoneId)
const zone = outcome.kind === 'found' ? zoneOf(outcome.record) : undefined
const answer = zone && lookup(zone, parseName('www', apexOf(zoneId)), RrType.A)
if (answer?.kind !== 'answer' || gateway.addresses.length === 0)
  throw new Error('the packages do not work together')
console.log(parseUnicodeName('bücher.example').toString(), 'and a published zone resolve from tarballs')
