import {
  type SignedRecord,
  type Verdict,
  type Zone,
  type ZoneId,
  apexOf,
  createZone,
  freshnessOf,
  portableVerifier,
  signRecord,
  signerFromSeed,
  verifyRecord,
  zoneIdOf,
} from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import type { Provenance, ResolveOutcome, ZoneResolver } from '@signpost/node'

/** 1 January 2026, a moment before all tests begin. */
export const START: number = Date.UTC(2026, 0, 1)
export const DAY = 86_400_000

const provenance: Provenance = { source: 'disk', peer: undefined, agreed: 0, asked: 3, elapsed: 1 }

/** Key pairs by number, so that tests can name zones before they are made. */
export function idOf(seed: number): ZoneId {
  return zoneIdOf(signerFromSeed(new Uint8Array(32).fill(seed)).publicKey)
}

/** The zone in a zone file whose origin is the zone's apex. */
export function zoneFrom(seed: number, text: string): Zone {
  const id = idOf(seed)
  return createZone(id, parseZoneFile(text, { origin: apexOf(id), defaultTtl: 300 }))
}

export interface Publication {
  readonly sequence?: number
  readonly ttl?: number
  readonly expiresAt?: number
  readonly confirmedAt?: number
}

export async function sign(
  seed: number,
  content: Zone | 'retired',
  publication: Publication = {},
): Promise<SignedRecord> {
  const { sequence = 1, ttl = 3600, expiresAt = START + 30 * DAY } = publication
  const signer = signerFromSeed(new Uint8Array(32).fill(seed))
  return signRecord({ zoneId: idOf(seed), content, sequence, ttl, expiresAt }, signer)
}

/**
 * A node without a network: what is published here is found, after the same checks that a node makes. Time is the
 * test's.
 */
export class PublishedZones implements ZoneResolver {
  now = START
  /** Zones about which nobody ever says anything. */
  readonly silent = new Set<ZoneId>()
  /** Lookups so far, by zone. */
  readonly asked: ZoneId[] = []
  private readonly held = new Map<ZoneId, { bytes: Uint8Array; confirmedAt: number; verdict?: Verdict }>()

  /** @param content a zone file, or `'retired'`. */
  async publish(seed: number, content: string, publication: Publication = {}): Promise<ZoneId> {
    const record = await sign(seed, content === 'retired' ? content : zoneFrom(seed, content), publication)
    return this.give(record.zoneId, record.bytes, publication.confirmedAt)
  }

  /** Any octets, as a hostile peer may give them. */
  give(zoneId: ZoneId, bytes: Uint8Array, confirmedAt: number = this.now): ZoneId {
    this.held.set(zoneId, { bytes, confirmedAt })
    return zoneId
  }

  async resolve(zoneId: ZoneId): Promise<ResolveOutcome> {
    this.asked.push(zoneId)
    if (this.silent.has(zoneId)) await new Promise(() => {})
    const held = this.held.get(zoneId)
    if (held === undefined) return { kind: 'absent', provenance }
    // A node verifies a record when it comes, not whenever it is asked for.
    held.verdict ??= await verifyRecord(zoneId, held.bytes, { verifier: portableVerifier, now: this.now })
    const { verdict } = held
    if (verdict.kind === 'invalid') return { ...verdict, provenance }
    const { record } = verdict
    const freshness = freshnessOf(record, held.confirmedAt, this.now)
    if (freshness === 'expired') return { kind: 'expired', record, provenance }
    return { kind: 'found', record, freshness, confirmedAt: held.confirmedAt, provenance }
  }
}
