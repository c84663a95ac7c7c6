import { createPublicKey, verify } from 'node:crypto'
import type { Verifier } from '@signpost/core'

/**
 * OpenSSL's verdicts without a thread: where a test steps the clock, all that follows from a step is done when the
 * microtasks are.
 */
export function createSteppedVerifier(): Verifier {
  return {
    verify: (publicKey, message, signature) => {
      const x = Buffer.from(publicKey).toString('base64url')
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      return verify(null, message, key, signature)
    },
  }
}
