import { Name, type Rdata, type ResourceRecord, RrClass, RrType, parseName } from '@signpost/dns'
import { expect } from 'vitest'
import { signerFromSeed } from './keys.ts'
import { type SignRequest, signRecord } from './sign.ts'
import type { SignedRecord } from './record.ts'
import { apexOf, zoneIdOf } from './zone-id.ts'
import { type Zone, createZone } from './zone.ts'

// Names are compared octet by octet, letter case included; what a name has cached is not part of it.
expect.addEqualityTesters([
  (left: unknown, right: unknown): boolean | undefined =>
    left instanceof Name && right instanceof Name ? Buffer.compare(left.wire, right.wire) === 0 : undefined,
])

export const signer = signerFromSeed(new Uint8Array(32).fill(7))
export const zoneId = zoneIdOf(signer.publicKey)
export const apex = apexOf(zoneId)
export const otherSigner = signerFromSeed(new Uint8Array(32).fill(8))
export const otherZoneId = zoneIdOf(otherSigner.publicKey)

/** 2030-01-01T00:00:00Z. */
export const NOW = 1_893_456_000_000

/** A name as it stands in the zone's file: relative to the apex unless it ends in a dot. */
export function nameOf(text: string): Name {
  return text === '@' ? apex : parseName(text, apex)
}

export function recordOf(owner: string, type: number, rdata: Rdata, ttl = 300): ResourceRecord {
  return { name: nameOf(owner), type, class: RrClass.IN, ttl, rdata }
}

export function a(owner: string, lastOctet = 1, ttl = 300): ResourceRecord {
  return recordOf(owner, RrType.A, { kind: 'A', address: Uint8Array.of(192, 0, 2, lastOctet) }, ttl)
}

export function txt(owner: string, text: string | Uint8Array, ttl = 300): ResourceRecord {
  const octets = typeof text === 'string' ? new Uint8Array(new TextEncoder().encode(text)) : text
  return recordOf(owner, RrType.TXT, { kind: 'TXT', strings: stringsOf(octets) }, ttl)
}

export function cname(owner: string, target: string, ttl = 300): ResourceRecord {
  return recordOf(owner, RrType.CNAME, { kind: 'CNAME', target: nameOf(target) }, ttl)
}

export function dname(owner: string, target: string): ResourceRecord {
  return recordOf(owner, RrType.DNAME, { kind: 'DNAME', target: nameOf(target) })
}

export function ns(owner: string, nameServer: string): ResourceRecord {
  return recordOf(owner, RrType.NS, { kind: 'NS', nameServer: nameOf(nameServer) })
}

export function mx(owner: string, exchange: string, preference = 10): ResourceRecord {
  return recordOf(owner, RrType.MX, { kind: 'MX', preference, exchange: nameOf(exchange) })
}

/** A record of a type that has no codec. */
export function opaque(owner: string, octets: Uint8Array, type = 65_280): ResourceRecord {
  return recordOf(owner, type, { kind: 'UNKNOWN', octets })
}

export function zoneWith(...records: ResourceRecord[]): Zone {
  return createZone(zoneId, records)
}

export const sampleZone: Zone = zoneWith(a('@'), a('www', 2), cname('blog', 'www'), txt('@', 'v=spf1 -all'))

export function requestOf(changes: Partial<SignRequest> = {}): SignRequest {
  return { zoneId, content: sampleZone, sequence: 1, expiresAt: NOW + 60_000, ...changes }
}

export function signed(changes: Partial<SignRequest> = {}): Promise<SignedRecord> {
  return signRecord(requestOf(changes), signer)
}

function stringsOf(octets: Uint8Array): Uint8Array[] {
  const strings: Uint8Array[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) strings.push(octets.slice(at, at + 255))
  return strings
}
