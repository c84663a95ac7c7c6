// Alice hands the label "bob" of her zone to Bob's key: everything below it is his from then on. Run it with: pnpm start
import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { type Signer, apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { createGateway, printEndpoint } from '@signpost/gateway'
import { createTestnet } from '@signpost/node/testnet'

await using testnet = await createTestnet({ nodes: 4 })
const [first, second, third] = testnet.nodes
if (first === undefined || second === undefined || third === undefined)
  throw new Error('the testnet is too small')

const alice = signerFromSeed(randomBytes(32))
const bob = signerFromSeed(randomBytes(32))
const zoneFile = (signer: Signer, text: string) => ({
  signer,
  content: parseZoneFile(text, { origin: apexOf(zoneIdOf(signer.publicKey)), defaultTtl: 300 }),
})

// Two owners on two machines, who never exchange more than a zone ID.
await first.publish(zoneFile(alice, `www A 192.0.2.1\nbob NS ${zoneIdOf(bob.publicKey)}.`))
await second.publish(zoneFile(bob, '@ A 192.0.2.2\nwww A 192.0.2.3'))

await using gateway = await createGateway({ resolver: third, listen: [{ host: '127.0.0.1', port: 0 }] })
const resolver = new Resolver()
resolver.setServers(gateway.addresses.map(printEndpoint))
const apex = `${zoneIdOf(alice.publicKey)}.signpost.internal`
for (const label of ['www', 'bob', 'www.bob']) console.log(label, await resolver.resolve4(`${label}.${apex}`))
