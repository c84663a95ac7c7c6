import { RrClass, RrType, parseName, type ResourceRecord } from '@signpost/dns'
import { ipnsValidator } from 'ipns/validator'
import { expect, test } from 'vitest'
import {
  compareRecords,
  createZone,
  lookup,
  portableVerifier,
  routingKeyOf,
  signRecord,
  signerFromSeed,
  verifyRecord,
  zoneIdOf,
  zoneOf,
} from './index.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const zoneId = zoneIdOf(signer.publicKey)

test('a signed zone is verified, decoded and looked up', async () => {
  const name = parseName(`www.${zoneId}.`)
  const target = parseName('cdn.example.net.')
  const record: ResourceRecord = {
    name,
    type: RrType.CNAME,
    class: RrClass.IN,
    ttl: 300,
    rdata: { kind: 'CNAME', target },
  }
  const zone = createZone(zoneId, [record])
  const now = Date.now()
  const signed = await signRecord({ zoneId, content: zone, sequence: 1, expiresAt: now + 60_000 }, signer)
  const verdict = await verifyRecord(zoneId, signed.bytes, { verifier: portableVerifier, now })
  if (verdict.kind !== 'valid') throw new Error(verdict.kind)
  expect(verdict.record).toEqual(signed)
  expect(compareRecords(signed, verdict.record)).toBe(0)
  expect(lookup(zoneOf(verdict.record)!, name, RrType.A)).toMatchObject({ kind: 'alias' })
  await ipnsValidator(routingKeyOf(zoneId), signed.bytes)
})
