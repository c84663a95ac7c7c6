import type { Name } from '@signpost/dns'
import { canonicalName, readName, readU16, readU32 } from './octets.ts'

/** RFC 4034, section 3.1. */
export interface Rrsig {
  readonly typeCovered: number
  readonly algorithm: number
  /** Labels of the owner that was signed, without the root and a leading asterisk. */
  readonly labels: number
  /** Seconds. */
  readonly originalTtl: number
  /** Seconds since 1970, modulo 2^32. */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  /** Apex of the zone that signed. */
  readonly signer: Name
  readonly signature: Uint8Array
  /** The rdata less the signature, the signer's name in canonical form: the beginning of what is signed (section 3.1.8.1). */
  readonly signedHead: Uint8Array
}

const SIGNER_AT = 18

/** Undefined where the octets are no RRSIG. */
export function decodeRrsig(octets: Uint8Array): Rrsig | undefined {
  const signer = readName(octets, SIGNER_AT)
  if (signer === undefined) return undefined
  const signature = octets.slice(SIGNER_AT + signer.wire.length)
  if (signature.length === 0) return undefined
  return {
    typeCovered: readU16(octets, 0),
    algorithm: octets[2] ?? 0,
    labels: octets[3] ?? 0,
    originalTtl: readU32(octets, 4),
    expiration: readU32(octets, 8),
    inception: readU32(octets, 12),
    keyTag: readU16(octets, 16),
    signer,
    signature,
    signedHead: Buffer.concat([octets.subarray(0, SIGNER_AT), canonicalName(signer)]),
  }
}

/**
 * Seconds for which a signature is valid yet; negative where it is not, whether it is over or yet to begin. No skew is
 * allowed for: what is replayed is what is over.
 * @param now seconds since 1970.
 */
export function secondsValid({ inception, expiration }: Rrsig, now: number): number {
  return since(inception, now) < 0 ? -1 : since(now, expiration)
}

/** Serial arithmetic (RFC 1982), as section 3.1.5 of RFC 4034 wants it. */
function since(earlier: number, later: number): number {
  return (Math.trunc(later) - Math.trunc(earlier)) | 0
}
