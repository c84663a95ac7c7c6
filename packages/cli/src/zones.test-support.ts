import {
  type SignedRecord,
  type Signer,
  type ZoneId,
  apexOf,
  createZone,
  signRecord,
  signerFromSeed,
  zoneIdOf,
} from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import type { Provenance, ResolveOutcome, ZoneResolver } from '@signpost/node'

export const provenance: Provenance = { source: 'network', peer: '12D3Koo', agreed: 1, asked: 1, elapsed: 1 }

export interface Owner {
  readonly signer: Signer
  readonly zoneId: ZoneId
}

/** The same number is the same owner. */
export function owner(number: number): Owner {
  const signer = signerFromSeed(new Uint8Array(32).fill(number))
  return { signer, zoneId: zoneIdOf(signer.publicKey) }
}

/** Signs the zone that a zone file says; `undefined` is its retirement. */
export async function signedZone({ signer, zoneId }: Owner, text: string | undefined): Promise<SignedRecord> {
  const content =
    text === undefined
      ? 'retired'
      : createZone(zoneId, parseZoneFile(text, { origin: apexOf(zoneId), defaultTtl: 300 }))
  return signRecord({ zoneId, content, sequence: 1, expiresAt: 4_000_000_000_000 }, signer)
}

/** Knows these records and no others. */
export function resolverOf(...records: readonly SignedRecord[]): ZoneResolver {
  return {
    resolve: async (zoneId): Promise<ResolveOutcome> => {
      const record = records.find(candidate => candidate.zoneId === zoneId)
      if (record === undefined) return { kind: 'absent', provenance }
      return { kind: 'found', record, freshness: 'fresh', confirmedAt: 1, provenance }
    },
  }
}
