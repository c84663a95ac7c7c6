import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'

/** Holds a zone's key and signs with it (Ed25519, RFC 8032). A port: a hardware key can stand behind it. */
export interface Signer {
  /** 32 octets. */
  readonly publicKey: Uint8Array
  /** Returns the 64 octets of the signature. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/**
 * Checks Ed25519 signatures. A port: a platform's own cryptography is faster than {@link portableVerifier}. An
 * adapter must give the same verdicts: the equation without the cofactor, and S below the group's order, as
 * OpenSSL, BoringSSL and Go have them.
 */
export interface Verifier {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

/** Octets of a seed, which RFC 8032, section 5.1.5 calls the private key. */
export const SEED_LENGTH = 32
/** Octets of a signature (RFC 8032, section 5.1.6). */
export const SIGNATURE_LENGTH = 64

/**
 * A signer in memory. The seed is copied.
 * @throws RangeError for a seed that is not 32 octets.
 */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== SEED_LENGTH)
    throw new RangeError(`a seed has ${SEED_LENGTH} octets; this one has ${seed.length}`)
  const key = Uint8Array.from(seed)
  return { publicKey: ed25519.getPublicKey(key), sign: message => ed25519.sign(message, key) }
}

/** Verifies with the audited and portable @noble/curves, in any JavaScript engine. */
export const portableVerifier: Verifier = { verify: verifyWithoutCofactor }

// The library's own verify() clears the cofactor. RFC 8032, section 5.1.7 allows both equations, but they
// differ on signatures that a key's owner crafts, and then peers would disagree whether a record is valid.
// This one is what Go (kubo), OpenSSL (Node) and BoringSSL compute: R is compared as octets.
function verifyWithoutCofactor(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_LENGTH) return false
  const { Point } = ed25519
  const r = signature.subarray(0, 32)
  try {
    const s = littleEndian(signature.subarray(32))
    if (s >= Point.Fn.ORDER) return false
    const k = Point.Fn.create(
      littleEndian(sha512.create().update(r).update(publicKey).update(message).digest()),
    )
    const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k))
    return expected.toBytes().every((octet, at) => octet === r[at])
  } catch {
    // Not a point of the curve, or not in its canonical form.
    return false
  }
}

function littleEndian(octets: Uint8Array): bigint {
  return BigInt(`0x${Array.from(octets.toReversed(), octet => octet.toString(16).padStart(2, '0')).join('')}`)
}
