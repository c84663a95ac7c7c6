// A DNS server for signed zones inside a program of your own, asked by an ordinary DNS client. Run it with: pnpm start
import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { createGateway, printEndpoint } from '@signpost/gateway'
import { createNode } from '@signpost/node'
import { createTestnet } from '@signpost/node/testnet'

await using testnet = await createTestnet({ nodes: 3 })
// A node that only asks, as suits a gateway: it keeps nothing for others.
await using node = await createNode({ ...testnet.join, mode: 'client' })
// The gateway knows the node by one method, resolve(); anything that has it will do.
await using gateway = await createGateway({
  resolver: node,
  listen: [{ host: '127.0.0.1', port: 0 }],
  // The zone has addresses of this machine, which a zone of strangers may not have.
  rebinding: { trustsZone: zoneId => node.keepsAlive(zoneId) },
})

const signer = signerFromSeed(randomBytes(32))
const zoneId = zoneIdOf(signer.publicKey)
const text = await readFile(new URL('../hello.zone', import.meta.url), 'utf8')
await node.publish({ signer, content: parseZoneFile(text, { origin: apexOf(zoneId) }) })

const resolver = new Resolver()
resolver.setServers(gateway.addresses.map(printEndpoint))
const name = `${zoneId}.signpost.internal`
console.log('A of www      ', await resolver.resolve4(`www.${name}`))
console.log('A of blog     ', await resolver.resolve4(`blog.${name}`), '(an alias of www)')
console.log('A of zoe.users', await resolver.resolve4(`zoe.users.${name}`), '(a wildcard)')
console.log('TXT of the apex', await resolver.resolveTxt(name))
console.log(
  'no such name  ',
  await resolver.resolve4(`nobody.${name}`).catch((error: Error) => error.message),
)
