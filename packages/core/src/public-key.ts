import { InvalidNameError } from '@signpost/dns'

/** Octets of an Ed25519 public key (RFC 8032, section 5.1.5). */
export const PUBLIC_KEY_LENGTH = 32

// p = 2^255 - 19, and the y coordinates of the eight points of small order: 0, 1, -1 and two more.
const P = 2n ** 255n - 19n
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
])

/**
 * Why a key must not be a zone's, or undefined. A key of small order verifies signatures that anybody can make;
 * one that is not canonical would give a zone a second ID. No curve arithmetic: this is asked of every label.
 */
export function weaknessOf(publicKey: Uint8Array): string | undefined {
  const y = yOf(publicKey)
  if (y >= P) return 'its key is not in canonical form (RFC 8032, section 5.1.3)'
  if (SMALL_ORDER.has(y)) return 'its key is of small order, so anybody can sign for it'
  return undefined
}

/** @throws InvalidNameError where the key is not 32 octets, not canonical, or of small order. */
export function checkPublicKey(publicKey: Uint8Array): void {
  const refuse = (what: string): InvalidNameError =>
    new InvalidNameError(`no zone ID: ${what}`, hex(publicKey))
  if (publicKey.length !== PUBLIC_KEY_LENGTH)
    throw refuse(`the public key has ${publicKey.length} octets instead of ${PUBLIC_KEY_LENGTH}`)
  const weakness = weaknessOf(publicKey)
  if (weakness !== undefined) throw refuse(weakness)
}

// Little-endian; the top bit is the sign of x.
function yOf(publicKey: Uint8Array): bigint {
  return BigInt(`0x${hex(publicKey.toReversed())}`) & (2n ** 255n - 1n)
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, octet => octet.toString(16).padStart(2, '0')).join('')
}
