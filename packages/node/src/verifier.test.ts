import { portableVerifier, signerFromSeed } from '@signpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNodeVerifier } from './verifier.ts'

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const about = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(octets(length), fc.uint8Array({ maxLength: 2 * length }))
const verifier = createNodeVerifier()

/** The node's verdict, which must be the portable one. */
async function verdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const ours = await verifier.verify(publicKey, message, signature)
  expect(ours).toBe(await portableVerifier.verify(publicKey, message, signature))
  return ours
}

test('what a signer signs is good, also when its key is met again', async () => {
  await fc.assert(
    fc.asyncProperty(octets(32), fc.uint8Array({ maxLength: 200 }), async (seed, message) => {
      const signer = signerFromSeed(seed)
      const signature = await signer.sign(message)
      expect(await verdict(signer.publicKey, message, signature)).toBe(true)
      expect(await verdict(signer.publicKey, message, signature)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('one flipped bit in key, message or signature is refused', async () => {
  await fc.assert(
    fc.asyncProperty(octets(32), octets(20), fc.nat((32 + 20 + 64) * 8 - 1), async (seed, message, bit) => {
      const signer = signerFromSeed(seed)
      const whole = Uint8Array.from([...signer.publicKey, ...message, ...(await signer.sign(message))])
      const at = bit >> 3
      whole[at] = (whole[at] ?? 0) ^ (1 << (bit & 7))
      expect(await verdict(whole.slice(0, 32), whole.slice(32, 52), whole.slice(52))).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('random octets of any length are refused, and nothing throws', async () => {
  await fc.assert(
    fc.asyncProperty(
      about(32),
      fc.uint8Array({ maxLength: 50 }),
      about(64),
      async (publicKey, message, signature) => {
        expect(await verdict(publicKey, message, signature)).toBe(false)
      },
    ),
    { numRuns: 200 },
  )
})

test('a key that is no point of the curve verifies nothing', async () => {
  const message = Uint8Array.of(1)
  const signature = await signerFromSeed(new Uint8Array(32)).sign(message)
  expect(await verdict(new Uint8Array(32).fill(2), message, signature)).toBe(false)
})

test('a signature whose S is not reduced is refused', async () => {
  const signer = signerFromSeed(new Uint8Array(32).fill(5))
  const message = Uint8Array.of(1)
  const signature = Uint8Array.from(await signer.sign(message))
  // 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), little-endian.
  const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')
  let carry = 0
  for (const [at, octet] of order.entries()) {
    const sum = (signature[32 + at] ?? 0) + octet + carry
    signature[32 + at] = sum & 0xff
    carry = sum >> 8
  }
  expect(await verdict(signer.publicKey, message, signature)).toBe(false)
})

test('a verifier that keeps one key is right about many', async () => {
  const small = createNodeVerifier(1)
  const signers = [1, 2, 3].map(seed => signerFromSeed(new Uint8Array(32).fill(seed)))
  const message = Uint8Array.of(7)
  for (const signer of [...signers, ...signers])
    for (const other of signers)
      expect(await small.verify(signer.publicKey, message, await other.sign(message))).toBe(signer === other)
})

test('the buffer that a key came in may be used for something else afterwards', async () => {
  const [first, second] = [1, 2].map(seed => signerFromSeed(new Uint8Array(32).fill(seed)))
  const message = Uint8Array.of(7)
  const buffer = Uint8Array.from(first?.publicKey ?? [])
  expect(await verifier.verify(buffer, message, (await first?.sign(message)) ?? buffer)).toBe(true)
  buffer.set(second?.publicKey ?? [])
  expect(await verifier.verify(buffer, message, (await second?.sign(message)) ?? buffer)).toBe(true)
})
