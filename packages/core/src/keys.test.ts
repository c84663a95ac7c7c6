import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { portableVerifier, signerFromSeed } from './keys.ts'

const { Point } = ed25519
const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

// OpenSSL as the oracle: what the node's fast verifier and, with the same equation, kubo's Go compute.
function opensslVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const spki = Buffer.concat([octets('302a300506032b6570032100'), publicKey])
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}

// RFC 8032, section 7.1.
const RFC_8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
]

test.each(RFC_8032)('RFC 8032 vector of seed $seed', async vector => {
  const signer = signerFromSeed(octets(vector.seed))
  expect(signer.publicKey).toEqual(octets(vector.publicKey))
  expect(await signer.sign(octets(vector.message))).toEqual(octets(vector.signature))
  expect(
    await portableVerifier.verify(signer.publicKey, octets(vector.message), octets(vector.signature)),
  ).toBe(true)
})

test('a signer does not change when the caller wipes the seed', () => {
  const seed = octets(RFC_8032[0]!.seed)
  const signer = signerFromSeed(seed)
  seed.fill(0)
  expect(signer.sign(new Uint8Array())).toEqual(octets(RFC_8032[0]!.signature))
})

test('a seed has 32 octets', () => {
  expect(() => signerFromSeed(new Uint8Array(64))).toThrow(RangeError)
})

test('signatures are those of OpenSSL', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(keys, fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const signature = signerFromSeed(seed).sign(message)
      const pkcs8 = Buffer.concat([octets('302e020100300506032b657004220420'), seed])
      const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      expect(signature).toEqual(new Uint8Array(sign(null, message, key)))
    }),
    { numRuns: 30 },
  )
})

const signer = signerFromSeed(octets(RFC_8032[0]!.seed))
const message = octets('7369676e706f7374')

test('a flipped bit anywhere in key, message or signature is refused', () => {
  const whole = Uint8Array.from([...signer.publicKey, ...message, ...(signer.sign(message) as Uint8Array)])
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), bit => {
      const flipped = Uint8Array.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const parts = [flipped.slice(0, 32), flipped.slice(32, -64), flipped.slice(-64)] as const
      expect(portableVerifier.verify(...parts)).toBe(false)
      expect(opensslVerify(...parts)).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('a signature of another length, or whose S is not reduced, is refused', () => {
  const signature = signer.sign(message) as Uint8Array
  const s = BigInt(`0x${Buffer.from(signature.slice(32).toReversed()).toString('hex')}`) + Point.Fn.ORDER
  const malleable = Uint8Array.from([...signature.slice(0, 32), ...littleEndian(s)])
  expect(portableVerifier.verify(signer.publicKey, message, malleable)).toBe(false)
  expect(opensslVerify(signer.publicKey, message, malleable)).toBe(false)
  expect(portableVerifier.verify(signer.publicKey, message, signature.slice(0, 63))).toBe(false)
  expect(portableVerifier.verify(signer.publicKey, message, new Uint8Array())).toBe(false)
})

// An owner can add points of small order to the key or to R. Verifiers that clear the cofactor then differ from those
// that do not, and half of the network would serve a record that the other half refuses.
test('crafted signatures get the verdict that OpenSSL gives, both ways', () => {
  const verdicts = new Set<boolean>()
  const disputed: boolean[] = []
  for (const [keyTorsion, rTorsion] of pairs([...ED25519_TORSION_SUBGROUP])) {
    const { publicKey, signature } = craft(keyTorsion, rTorsion)
    const verdict = portableVerifier.verify(publicKey, message, signature)
    expect(verdict).toBe(opensslVerify(publicKey, message, signature))
    verdicts.add(verdict as boolean)
    disputed.push(verdict !== ed25519.verify(signature, message, publicKey, { zip215: false }))
  }
  expect(verdicts).toEqual(new Set([true, false]))
  expect(disputed).toContain(true)
})

test('a key that is no point of the curve verifies nothing', () => {
  const publicKey = new Uint8Array(32).fill(2)
  expect(() => Point.fromBytes(publicKey)).toThrow('invalid y coordinate')
  expect(portableVerifier.verify(publicKey, message, signer.sign(message) as Uint8Array)).toBe(false)
})

// S = r + k·a for a key A = aB + T and R = rB + U, where T and U are of small order.
function craft(keyTorsion: string, rTorsion: string): { publicKey: Uint8Array; signature: Uint8Array } {
  const a = 0x1234567890abcdefn
  const r = 0xfedcba0987654321n
  const publicKey = Point.BASE.multiply(a).add(Point.fromHex(keyTorsion)).toBytes()
  const rOctets = Point.BASE.multiply(r).add(Point.fromHex(rTorsion)).toBytes()
  const hash = sha512(Uint8Array.from([...rOctets, ...publicKey, ...message]))
  const k = Point.Fn.create(BigInt(`0x${Buffer.from(hash.toReversed()).toString('hex')}`))
  const signature = Uint8Array.from([...rOctets, ...littleEndian(Point.Fn.create(r + k * a))])
  return { publicKey, signature }
}

function littleEndian(value: bigint): Uint8Array {
  return octets(value.toString(16).padStart(64, '0')).toReversed()
}

function pairs<T>(items: T[]): [T, T][] {
  return items.flatMap(a => items.map((b): [T, T] => [a, b]))
}
