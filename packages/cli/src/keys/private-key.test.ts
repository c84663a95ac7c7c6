import { createPublicKey } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { portableVerifier, signerFromSeed } from '@signpost/core'
import {
  importPrivateKey,
  newPrivateKey,
  printPrivateKey,
  publicKeyOctets,
  readPrivateKey,
  signerOf,
} from './private-key.ts'

// RFC 8032, section 7.1, test 1.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')
const libp2p = Buffer.concat([Buffer.from('08011240', 'hex'), seed, publicKey])

test('a key in the format of libp2p is the key of its seed', async () => {
  const key = importPrivateKey(libp2p, 'self.key')
  expect(Buffer.from(publicKeyOctets(key))).toEqual(publicKey)
  const message = Buffer.from('message')
  const signature = await signerOf(key).sign(message)
  expect(Buffer.from(signature)).toEqual(Buffer.from(await signerFromSeed(seed).sign(message)))
  expect(await portableVerifier.verify(publicKey, message, signature)).toBe(true)
})

test('a key in PEM reads back as it was printed', () => {
  const key = newPrivateKey()
  const pem = printPrivateKey(key)
  expect(printPrivateKey(importPrivateKey(Buffer.from(pem), 'alice.pem'))).toBe(pem)
})

test('any changed octet of a libp2p key is noticed', () => {
  fc.assert(
    fc.property(fc.nat(libp2p.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(libp2p)
      damaged[at] = (damaged[at] as number) ^ change
      expect(() => importPrivateKey(damaged, 'self.key')).toThrow(
        expect.objectContaining({ code: 'INVALID_KEY' }),
      )
    }),
  )
})

test('octets that are no key are refused and never shown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), octets => {
      expect(() => importPrivateKey(octets, 'a.file')).toThrow(
        expect.objectContaining({
          code: 'INVALID_KEY',
          message: expect.stringContaining('a.file') as string,
        }),
      )
    }),
  )
})

test('a public key and a key that openssl encrypted are refused with what to do', () => {
  const publicPem = createPublicKey(newPrivateKey()).export({ type: 'spki', format: 'pem' })
  expect(() => readPrivateKey(publicPem, 'alice.pub')).toThrow('no private key')
  const encrypted = newPrivateKey().export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  expect(() => readPrivateKey(encrypted, 'alice.pem')).toThrow('openssl pkey')
})
