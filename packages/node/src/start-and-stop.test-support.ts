// A program that uses a node and stops it. Nothing that the node started may keep it from ending.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { createNode } from './create-node.ts'
import { createTestnet } from './testnet.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(5))
const zoneId = zoneIdOf(signer.publicKey)
const content = parseZoneFile('www 60 IN A 192.0.2.1', { origin: apexOf(zoneId) })

const testnet = await createTestnet({ nodes: 3 })
const dataDir = await mkdtemp(join(tmpdir(), 'signpost-exit-'))
const node = await createNode({ ...testnet.join, dataDir })
const { acks } = await node.publish({ signer, content })
const outcome = await node.resolve(zoneId, { policy: 'network-first' })
await node.stop()
await testnet.stop()
await rm(dataDir, { recursive: true })
console.log(`${acks} acks, ${outcome.kind}`)
