import { type KeyObject, createPublicKey, verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { Verifier } from '@signpost/core'
import type { Limit } from '@signpost/dns'

/** Key objects that a verifier keeps, those used last; about 1 KiB each. */
export const KEYS_CACHED: Limit = {
  default: 4_096,
  min: 1,
  max: 1_000_000,
}

// RFC 8032, section 5.1.5.
const PUBLIC_KEY_LENGTH = 32
// RFC 8410, section 4: SubjectPublicKeyInfo of an Ed25519 key, up to the 32 octets of the key.
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const verifyOnThread = promisify(verify)

/**
 * Verifies with OpenSSL through node:crypto, with the same verdicts as the portable verifier and about eight times as
 * fast. The work is done on libuv's threads: a flood of records leaves the event loop to questions (20 µs of it each,
 * where OpenSSL takes 110), and several records are verified at once. A key object costs about 6 % of a verification to
 * make, and a node meets the same keys again and again.
 */
export function createNodeVerifier(keysCached: number = KEYS_CACHED.default): Verifier {
  const keys = new Map<string, KeyObject>()

  function keyOf(publicKey: Uint8Array): KeyObject {
    const octets = Buffer.from(publicKey)
    const name = octets.toString('latin1')
    const key =
      keys.get(name) ??
      createPublicKey({ key: Buffer.concat([SPKI_PREFIX, octets]), format: 'der', type: 'spki' })
    keys.delete(name)
    keys.set(name, key)
    const leastUsed = keys.keys().next().value
    if (keys.size > keysCached && leastUsed !== undefined) keys.delete(leastUsed)
    return key
  }

  return {
    verify: async (publicKey, message, signature) =>
      publicKey.length === PUBLIC_KEY_LENGTH &&
      (await verifyOnThread(null, message, keyOf(publicKey), signature)),
  }
}
