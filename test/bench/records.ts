import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import {
  createZone,
  portableVerifier,
  signRecord,
  signerFromSeed,
  verifyRecord,
  zoneIdOf,
} from '@signpost/core'
import { RrClass, RrType, type ResourceRecord, parseName } from '@signpost/dns'
import { createNodeVerifier } from '@signpost/node'
import { createIPNSRecord, marshalIPNSRecord, multihashToIPNSRoutingKey } from 'ipns'
import { ipnsValidator } from 'ipns/validator'
import { interleaved, printTable } from './measure.ts'

const HOSTS = 20

/** Signing and verifying whole records, next to js ipns, which helia and every js DHT server uses. */
export async function benchRecords(): Promise<void> {
  const seed = new Uint8Array(32).fill(7)
  const signer = signerFromSeed(seed)
  const zoneId = zoneIdOf(signer.publicKey)
  const zone = createZone(zoneId, hosts(zoneId))
  const expiresAt = Date.now() + 86_400_000
  const request = { zoneId, content: zone, sequence: 1, expiresAt }
  const record = await signRecord(request, signer)

  const theirKey = await generateKeyPairFromSeed('Ed25519', seed)
  const routingKey = multihashToIPNSRoutingKey(theirKey.publicKey.toMultihash())
  const theirBytes = marshalIPNSRecord(
    await createIPNSRecord(theirKey, '/ipfs/bafkqaaa', 1, 86_400_000, { v1Compatible: false }),
  )

  printTable(
    `Sign a record (ours with a zone of ${HOSTS} hosts in ${record.bytes.length} octets, theirs with a path)`,
    await interleaved([
      { what: '@signpost/core', count: 300, run: repeat(() => signRecord(request, signer)) },
      {
        what: 'js ipns',
        count: 300,
        run: repeat(() =>
          createIPNSRecord(theirKey, '/ipfs/bafkqaaa', 1, 86_400_000, { v1Compatible: false }),
        ),
      },
    ]),
  )
  const nodeVerifier = createNodeVerifier()
  const now = Date.now()
  printTable(
    'Verify a record, from octets to verdict (the zone in ours is decoded as well)',
    await interleaved([
      {
        what: 'node:crypto verifier',
        count: 1000,
        run: repeat(() => verifyRecord(zoneId, record.bytes, { verifier: nodeVerifier, now })),
      },
      {
        what: 'portable verifier',
        count: 300,
        run: repeat(() => verifyRecord(zoneId, record.bytes, { verifier: portableVerifier, now })),
      },
      {
        what: 'js ipns, our record',
        count: 1000,
        run: repeat(() => ipnsValidator(routingKey, record.bytes)),
      },
      {
        what: 'js ipns, their record',
        count: 1000,
        run: repeat(() => ipnsValidator(routingKey, theirBytes)),
      },
    ]),
  )
}

function hosts(zoneId: string): ResourceRecord[] {
  const apex = parseName(`${zoneId}.`)
  return Array.from({ length: HOSTS }, (_, n) => ({
    name: parseName(`host${n}`, apex),
    type: RrType.A,
    class: RrClass.IN,
    ttl: 300,
    rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, n) },
  }))
}

function repeat(work: () => Promise<unknown>): (count: number) => Promise<void> {
  return async count => {
    for (let n = 0; n < count; n++) await work()
  }
}
