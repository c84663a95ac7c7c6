import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createNodeVerifier } from '@signpost/node'
import { type Subject, interleaved, printAims, printTable, ratios } from './measure.ts'

/** Keys that take turns: a node meets the same zones and peers again and again. */
const KEYS = 256
/** Octets; what is signed of a zone with a few hosts. */
const MESSAGE_LENGTH = 300
/** Records that a node verifies at the same time when peers answer a lookup or publish to it. */
const AT_ONCE = 16

/** Ed25519 signatures alone, next to the library that helia and every js DHT server verifies with. */
export async function benchSignatures(): Promise<void> {
  const signed = await Promise.all(
    Array.from({ length: KEYS }, async () => {
      const privateKey = await generateKeyPair('Ed25519')
      const message = Uint8Array.from(randomBytes(MESSAGE_LENGTH))
      const signature = await privateKey.sign(message)
      const { publicKey } = privateKey
      const x = Buffer.from(publicKey.raw).toString('base64url')
      const object = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      return { publicKey, key: publicKey.raw, object, message, signature }
    }),
  )
  const verifier = createNodeVerifier()
  const rows = await interleaved(
    [
      {
        what: `@signpost/node, ${AT_ONCE} at once`,
        count: 4_000,
        run: each(({ key, message, signature }) => verifier.verify(key, message, signature), AT_ONCE),
      },
      {
        what: '@libp2p/crypto',
        count: 4_000,
        run: each(({ publicKey, message, signature }) => publicKey.verify(message, signature), AT_ONCE),
      },
      {
        what: '@signpost/node, one by one',
        count: 4_000,
        run: each(({ key, message, signature }) => verifier.verify(key, message, signature)),
      },
      {
        what: 'OpenSSL alone on this thread',
        count: 4_000,
        run: each(({ object, message, signature }) => verify(null, message, object, signature)),
      },
    ],
    9,
  )
  printTable(`Verify a signature of ${MESSAGE_LENGTH} octets, ${KEYS} keys in turn`, rows)
  printAims([{ what: 'rate to that of @libp2p/crypto', value: ratios(rows[0]!, rows[1]!), atLeast: 1.3 }])

  function each(
    verify: (item: (typeof signed)[number]) => boolean | Promise<boolean>,
    atOnce = 1,
  ): Subject['run'] {
    return async count => {
      let n = 0
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          while (n < count) {
            const verdict = verify(signed[n++ % KEYS]!)
            // No turn of the microtask queue where none is needed: it would cost all the same, and hide the difference.
            if (!(typeof verdict === 'boolean' ? verdict : await verdict))
              throw new Error('a signature failed')
          }
        }),
      )
    }
  }
}
