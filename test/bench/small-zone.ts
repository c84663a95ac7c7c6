import { createHash } from 'node:crypto'
import { type SignedRecord, apexOf, createZone, signRecord, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'

/** A small zone, as most are, with a key of its own for each number. */
export async function signSmallZone(zone: number, now: number): Promise<SignedRecord> {
  const signer = signerFromSeed(createHash('sha256').update(String(zone)).digest())
  const zoneId = zoneIdOf(signer.publicKey)
  const text = `$TTL 300\n@ A 192.0.2.${zone % 256}\nwww A 192.0.2.${zone % 256}\nwww AAAA 2001:db8::${zone % 10_000}\n@ TXT "zone ${zone}"\n`
  const content = createZone(zoneId, parseZoneFile(text, { origin: apexOf(zoneId) }))
  return signRecord({ zoneId, content, sequence: 1, expiresAt: now + 30 * 86_400_000 }, signer)
}
