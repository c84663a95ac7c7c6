import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Signer } from '@signpost/core'
import { InvalidKeyError } from './errors.ts'

// The DER of a PKCS#8 Ed25519 key (RFC 8410, section 7) up to its seed of 32 octets.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
// protobuf { type: Ed25519, data: 64 octets }, the private key of libp2p.
const LIBP2P_PREFIX = Buffer.from('08011240', 'hex')

export function newPrivateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

/** The form that `openssl pkey` and `ipfs key import --format=pem-pkcs8-cleartext` read. */
export function printPrivateKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' })
}

/** Reads PKCS#8 PEM. @throws InvalidKeyError whose message never holds any part of the key. */
export function readPrivateKey(pem: string, source: string): KeyObject {
  if (pem.includes('BEGIN ENCRYPTED PRIVATE KEY'))
    throw new InvalidKeyError(
      `${source} holds a key that openssl encrypted; decrypt it first with: openssl pkey -in FILE -out FILE.clear`,
    )
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem' })
  } catch (cause) {
    throw new InvalidKeyError(`${source} holds no private key in PEM (PKCS#8), or is damaged`, { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new InvalidKeyError(`${source} holds a key of type ${key.asymmetricKeyType}; a zone key is Ed25519`)
  return key
}

/** Reads PKCS#8 PEM or the octets that `ipfs key export` writes. @throws InvalidKeyError */
export function importPrivateKey(octets: Uint8Array, source: string): KeyObject {
  const bytes = Buffer.from(octets)
  if (!bytes.subarray(0, LIBP2P_PREFIX.length).equals(LIBP2P_PREFIX))
    return readPrivateKey(bytes.toString(), source)
  const seed = bytes.subarray(4, 36)
  if (bytes.length !== 68)
    throw new InvalidKeyError(`${source} holds a libp2p key, but not of 68 octets; it is damaged`)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  if (!bytes.subarray(36).equals(publicKeyOctets(key)))
    throw new InvalidKeyError(
      `${source} holds a libp2p key whose two halves do not belong together; it is damaged`,
    )
  return key
}

/** 32 octets (RFC 8032), of a private key or of a public one. */
export function publicKeyOctets(key: KeyObject): Uint8Array {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(x as string, 'base64url'))
}

export function printPublicKey(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' })
}

/** 32 octets; undefined where the text is no Ed25519 public key in PEM. */
export function readPublicKey(pem: string): Uint8Array | undefined {
  try {
    const key = createPublicKey({ key: pem, format: 'pem' })
    return key.asymmetricKeyType === 'ed25519' ? publicKeyOctets(key) : undefined
  } catch {
    return undefined
  }
}

/** Signs in this process; the secret stays in the key object and is never copied out of it. */
export function signerOf(key: KeyObject): Signer {
  return { publicKey: publicKeyOctets(key), sign: message => new Uint8Array(sign(null, message, key)) }
}
