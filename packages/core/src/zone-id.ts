import { InvalidNameError, Name } from '@signpost/dns'
import { base36 } from 'multiformats/bases/base36'
import { PUBLIC_KEY_LENGTH, checkPublicKey, weaknessOf } from './public-key.ts'

declare const zoneIdBrand: unique symbol

/**
 * An Ed25519 public key as a CIDv1 of codec libp2p-key in base36: 62 characters that start with `k51`, always
 * in lower case. The same string that IPFS calls an IPNS name, and one DNS label.
 */
export type ZoneId = string & { readonly [zoneIdBrand]: true }

/** Characters in a zone ID. */
export const ZONE_ID_LENGTH = 62

// The identity multihash (0x00) of 36 octets, and the protobuf of libp2p's PublicKey: field 1 (key type) is 1
// for Ed25519, field 2 (key) has 32 octets.
const MULTIHASH_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
// CID version 1, codec libp2p-key (0x72).
const CID_PREFIX = Uint8Array.of(0x01, 0x72, ...MULTIHASH_PREFIX)
// "/ipns/", as the IPNS specification's routing record has it.
const ROUTING_PREFIX = Uint8Array.of(0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f, ...MULTIHASH_PREFIX)

/** @throws InvalidNameError where the key is not 32 octets, not canonical, or of small order. */
export function zoneIdOf(publicKey: Uint8Array): ZoneId {
  checkPublicKey(publicKey)
  return base36.encode(join(CID_PREFIX, publicKey)) as ZoneId
}

/**
 * Reads a zone ID in any letter case.
 * @throws InvalidNameError that says what is wrong.
 */
export function parseZoneId(text: string): ZoneId {
  const refuse = (what: string): InvalidNameError =>
    new InvalidNameError(`${JSON.stringify(text)} is no zone ID: ${what}`, text)
  if (text.startsWith('12D3Koo'))
    throw refuse('it is a peer ID in base58; a zone ID is the base36 form, which starts with k51')
  if (text.length !== ZONE_ID_LENGTH)
    throw refuse(`it has ${text.length} characters instead of ${ZONE_ID_LENGTH}`)
  if (!/^k51/i.test(text)) throw refuse('it does not start with k51')
  if (!/^[0-9a-z]+$/i.test(text)) throw refuse('it has a character other than a letter or digit')
  const publicKey = keyIn(text.toLowerCase())
  if (publicKey === undefined)
    throw refuse('its characters do not encode an Ed25519 key; compare it with the original')
  const weakness = weaknessOf(publicKey)
  if (weakness !== undefined) throw refuse(weakness)
  return text.toLowerCase() as ZoneId
}

/** The zone ID that a text is, in any letter case; undefined where it is none. */
export function zoneIdFromText(text: string): ZoneId | undefined {
  if (text.length !== ZONE_ID_LENGTH || !/^k51[0-9a-z]+$/i.test(text)) return undefined
  const lower = text.toLowerCase()
  const publicKey = keyIn(lower)
  return publicKey === undefined || weaknessOf(publicKey) !== undefined ? undefined : (lower as ZoneId)
}

/** The 32 octets of the public key. */
export function publicKeyOf(id: ZoneId): Uint8Array {
  const publicKey = keyIn(id)
  if (publicKey === undefined) throw new InvalidNameError(`${JSON.stringify(id)} is no zone ID`, id)
  return publicKey
}

/** The apex of the zone in its signed payload: the name `<zoneid>.` */
export function apexOf(id: ZoneId): Name {
  return Name.fromLabels([ascii(id)])
}

/** The zone that a name is in: the zone ID that its last label is; undefined for any other name. */
export function zoneIdOfName(name: Name): ZoneId | undefined {
  const last = name.labels.at(-1)
  if (last?.length !== ZONE_ID_LENGTH) return undefined
  return zoneIdFromText(String.fromCharCode(...last))
}

/** The key under which the DHT holds the zone's record: `/ipns/` and the identity multihash (44 octets). */
export function routingKeyOf(id: ZoneId): Uint8Array {
  return join(ROUTING_PREFIX, publicKeyOf(id))
}

/** The reverse of {@link routingKeyOf}; undefined for any other key. */
export function zoneIdOfRoutingKey(key: Uint8Array): ZoneId | undefined {
  const publicKey = keyAfter(ROUTING_PREFIX, key)
  return publicKey === undefined || weaknessOf(publicKey) !== undefined ? undefined : zoneIdOf(publicKey)
}

function keyIn(id: string): Uint8Array | undefined {
  try {
    return keyAfter(CID_PREFIX, base36.decode(id))
  } catch {
    return undefined
  }
}

function keyAfter(prefix: Uint8Array, octets: Uint8Array): Uint8Array | undefined {
  if (octets.length !== prefix.length + PUBLIC_KEY_LENGTH) return undefined
  return prefix.every((octet, at) => octets[at] === octet) ? octets.slice(prefix.length) : undefined
}

function join(prefix: Uint8Array, rest: Uint8Array): Uint8Array {
  const joined = new Uint8Array(prefix.length + rest.length)
  joined.set(prefix)
  joined.set(rest, prefix.length)
  return joined
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}
