// One node publishes a zone, another one finds it by nothing but its zone ID. Run it with: pnpm start
import { randomBytes } from 'node:crypto'
import { apexOf, lookup, signerFromSeed, zoneIdOf, zoneOf } from '@signpost/core'
import { RrType, parseName, parseZoneFile, printRecord, recordsOf } from '@signpost/dns'
import { createTestnet } from '@signpost/node/testnet'

// A network of five nodes in this process, on 127.0.0.1.
await using testnet = await createTestnet({ nodes: 5 })
const [publisher, reader] = testnet.nodes
if (publisher === undefined || reader === undefined) throw new Error('the testnet has fewer than two nodes')

// A key is all that an owner needs. The zone ID is its public half.
const signer = signerFromSeed(randomBytes(32))
const zoneId = zoneIdOf(signer.publicKey)

// Names without a final dot are below the zone.
const records = parseZoneFile(
  `
  $TTL 5m
  @    TXT   "hello"
  www  A     192.0.2.1
  www  AAAA  2001:db8::1
  blog CNAME www
  `.replaceAll(/^ {2}/gm, ''),
  { origin: apexOf(zoneId) },
)
const { sequence, acks, k } = await publisher.publish({ signer, content: records })
console.log(`published ${zoneId}, sequence ${sequence}: ${acks} of ${k} peers took it`)

const outcome = await reader.resolve(zoneId)
if (outcome.kind !== 'found') throw new Error(`the zone was not found: ${outcome.kind}`)
const { source, agreed, elapsed } = outcome.provenance
console.log(`found from the ${source} in ${Math.round(elapsed)} ms, ${agreed} peers agree`)

const zone = zoneOf(outcome.record)
if (zone === undefined) throw new Error('the record has no zone')
const answer = lookup(zone, parseName(`www.${zoneId}.`), RrType.A)
if (answer.kind !== 'answer') throw new Error(`no answer: ${answer.kind}`)
for (const record of recordsOf(answer.set)) console.log(printRecord(record))
