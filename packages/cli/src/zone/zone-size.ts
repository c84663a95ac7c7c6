import { MAX_RECORD_LENGTH, type Zone, signedSize } from '@signpost/core'

/** Octets that the hash of the record before adds to a record (`_prev`: its key, and 32 octets with their head). */
export const PREVIOUS_LENGTH = 40

export interface ZoneSize {
  /** Octets of the signed record. */
  readonly octets: number
  /** Octets that it may have. */
  readonly limit: number
}

/** How large the signed record of a zone can get: with the largest sequence and the hash of the record before it. */
export function sizeOfZone(zone: Zone): ZoneSize {
  const first = signedSize({
    zoneId: zone.id,
    content: zone,
    sequence: Number.MAX_SAFE_INTEGER,
    expiresAt: 0,
  })
  return { octets: first + PREVIOUS_LENGTH, limit: MAX_RECORD_LENGTH }
}

/** `1,234 of 10,240 octets (12 %)` */
export function printSize({ octets, limit }: ZoneSize): string {
  const share = Math.ceil((octets / limit) * 100)
  return `${grouped(octets)} of ${grouped(limit)} octets (${share} %)`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
