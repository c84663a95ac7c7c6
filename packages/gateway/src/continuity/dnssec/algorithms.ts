import { type KeyObject, createPublicKey, verify } from 'node:crypto'

/** How signatures of one algorithm (IANA "DNS Security Algorithm Numbers") are checked. */
interface Algorithm {
  /** Undefined for what counts as no hash apart from the algorithm's own. */
  readonly hash: string | undefined
  /** Undefined where the octets of a DNSKEY are no such key. @throws where OpenSSL finds so. */
  importKey(octets: Buffer): KeyObject | undefined
}

/** Bits of a modulus. Less is in reach of those who would forge; RFC 3110, section 2 has no more. */
const MIN_MODULUS = 1024
const MAX_MODULUS = 4096
/** Octets. Those in use have one or three; a long one makes a check take long. */
const MAX_EXPONENT = 8

function rsa(hash: string): Algorithm {
  return {
    hash,
    importKey(octets) {
      // RFC 3110, section 2.
      const isLong = octets[0] === 0
      const start = isLong ? 3 : 1
      const length = isLong ? (octets.length < 3 ? 0 : octets.readUInt16BE(1)) : (octets[0] ?? 0)
      const exponent = octets.subarray(start, start + length)
      const modulus = octets.subarray(start + length)
      if (
        length === 0 ||
        length > MAX_EXPONENT ||
        modulus.length * 8 > MAX_MODULUS ||
        modulus.length * 8 < MIN_MODULUS
      )
        return undefined
      return createPublicKey({ key: { kty: 'RSA', e: encode(exponent), n: encode(modulus) }, format: 'jwk' })
    },
  }
}

/** RFC 6605, section 4. */
function ecdsa(hash: string, crv: string, length: number): Algorithm {
  return {
    hash,
    importKey(octets) {
      if (octets.length !== 2 * length) return undefined
      const [x, y] = [encode(octets.subarray(0, length)), encode(octets.subarray(length))]
      return createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' })
    },
  }
}

/** RFC 8080, section 3. */
function eddsa(crv: string, length: number): Algorithm {
  return {
    hash: undefined,
    importKey: octets =>
      octets.length === length
        ? createPublicKey({ key: { kty: 'OKP', crv, x: encode(octets) }, format: 'jwk' })
        : undefined,
  }
}

function encode(octets: Buffer): string {
  return octets.toString('base64url')
}

/** Those that RFC 8624, section 3.1 wants validators to know, less SHA-1's. */
const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [8, rsa('sha256')],
  [10, rsa('sha512')],
  [13, ecdsa('sha256', 'P-256', 32)],
  [14, ecdsa('sha384', 'P-384', 48)],
  [15, eddsa('Ed25519', 32)],
  [16, eddsa('Ed448', 57)],
])

export function isKnownAlgorithm(algorithm: number): boolean {
  return ALGORITHMS.has(algorithm)
}

/** Whether a key made a signature; false for whatever is no key or no signature. The work is done off this thread. */
export async function isSignedBy(
  algorithm: number,
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const known = ALGORITHMS.get(algorithm)
  const key = known && importKey(known, publicKey)
  if (key === undefined) return false
  return new Promise(resolve => {
    verify(known?.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature, (error, isValid) => {
      resolve(error === null && isValid)
    })
  })
}

function importKey(algorithm: Algorithm, octets: Uint8Array): KeyObject | undefined {
  try {
    return algorithm.importKey(Buffer.from(octets))
  } catch {
    return undefined
  }
}
