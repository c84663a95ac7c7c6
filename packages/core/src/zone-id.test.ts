import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { InvalidNameError, parseName } from '@signpost/dns'
import fc from 'fast-check'
import { base32 } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import {
  apexOf,
  parseZoneId,
  publicKeyOf,
  routingKeyOf,
  zoneIdFromText,
  zoneIdOf,
  zoneIdOfName,
  zoneIdOfRoutingKey,
} from './zone-id.ts'

// Names from the documentation of IPFS and of libp2p; the second one there in three spellings.
const KNOWN = [
  'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8',
  'k51qzi5uqu5dj16qyiq0tajolkojyl9qdkr254920wxv7ghtuwcz593tp69z9m',
]
const PEER_ID = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const id = parseZoneId(KNOWN[0]!)

const publicKeys = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  // An even top half keeps y below p; no point of small order has such a y by chance.
  .map(octets => octets.with(31, octets[31]! & 0xbf))
  .filter(octets => octets.slice(8, 24).some(octet => octet !== 0))

test.each(KNOWN)('%s is a zone ID that means the same to every IPFS tool', text => {
  const cid = CID.parse(text, base36)
  expect([cid.version, cid.code, cid.multihash.code]).toEqual([1, 0x72, 0])
  const zoneId = parseZoneId(text)
  expect(zoneId).toBe(text)
  expect(publicKeyOf(zoneId)).toEqual(new Uint8Array(cid.multihash.digest.slice(4)))
  expect(zoneIdOf(publicKeyOf(zoneId))).toBe(text)
  expect(routingKeyOf(zoneId)).toEqual(
    Uint8Array.from([...new TextEncoder().encode('/ipns/'), ...cid.multihash.bytes]),
  )
})

test('a zone ID is read in any letter case and kept in lower case', () => {
  expect(parseZoneId(KNOWN[0]!.toUpperCase())).toBe(KNOWN[0])
  expect(zoneIdFromText(KNOWN[0]!.toUpperCase())).toBe(KNOWN[0])
})

test.each([
  ['', 'it has 0 characters instead of 62'],
  [KNOWN[0]!.slice(1), 'it has 61 characters instead of 62'],
  [`${KNOWN[0]}.`, 'it has 63 characters instead of 62'],
  [PEER_ID, 'it is a peer ID in base58; a zone ID is the base36 form, which starts with k51'],
  [CID.parse(KNOWN[1]!, base36).toString(base32), 'it has 65 characters instead of 62'],
  [`b${KNOWN[0]!.slice(1)}`, 'it does not start with k51'],
  [`${KNOWN[0]!.slice(0, -1)}-`, 'it has a character other than a letter or digit'],
  [`k51zz${KNOWN[0]!.slice(5)}`, 'its characters do not encode an Ed25519 key; compare it with the original'],
])('%j is refused: %s', (text, why) => {
  expect(() => parseZoneId(text)).toThrow(
    new InvalidNameError(`${JSON.stringify(text)} is no zone ID: ${why}`, text),
  )
  expect(zoneIdFromText(text)).toBeUndefined()
})

test('letters outside ASCII whose lower case is ASCII make no zone ID', () => {
  // KELVIN SIGN: its lower case is "k".
  const text = `\u212A${KNOWN[0]!.slice(1)}`
  expect(zoneIdFromText(text)).toBeUndefined()
  expect(() => parseZoneId(text)).toThrow(InvalidNameError)
})

test.each([...ED25519_TORSION_SUBGROUP])(
  'a key of small order, for which anybody can sign, is no zone: %s',
  hex => {
    for (const sign of [0, 0x80]) {
      const key = new Uint8Array(Buffer.from(hex, 'hex'))
      key[31]! ^= sign
      expect(() => zoneIdOf(key)).toThrow(/small order/)
      const text = base36.encode(Uint8Array.from([1, 0x72, 0, 0x24, 8, 1, 0x12, 0x20, ...key]))
      expect(() => parseZoneId(text)).toThrow(/small order/)
      expect(zoneIdFromText(text)).toBeUndefined()
      const routingKey = routingKeyOf(id)
      routingKey.set(key, 12)
      expect(zoneIdOfRoutingKey(routingKey)).toBeUndefined()
    }
  },
)

test.each([0, 1, 2, 18])('a key whose y is p + %i, a second spelling of another key, is no zone', above => {
  const key = new Uint8Array(32).fill(0xff)
  key[0] = 0xed + above
  key[31] = 0x7f
  expect(() => zoneIdOf(key)).toThrow(/not in canonical form/)
})

test('a public key has 32 octets', () => {
  expect(() => zoneIdOf(new Uint8Array(33))).toThrow('33 octets instead of 32')
})

test('key, zone ID, apex and routing key lead to one another', () => {
  fc.assert(
    fc.property(publicKeys, publicKey => {
      const zoneId = zoneIdOf(publicKey)
      expect(zoneId).toMatch(/^k51[0-9a-z]{59}$/)
      expect(parseZoneId(zoneId)).toBe(zoneId)
      expect(zoneIdFromText(zoneId)).toBe(zoneId)
      expect(publicKeyOf(zoneId)).toEqual(publicKey)
      expect(zoneIdOfName(apexOf(zoneId))).toBe(zoneId)
      expect(zoneIdOfRoutingKey(routingKeyOf(zoneId))).toBe(zoneId)
    }),
  )
})

test('a zone ID with one character changed is another zone or none, never a second spelling', () => {
  fc.assert(
    fc.property(publicKeys, fc.nat(61), fc.integer({ min: 0, max: 35 }), (publicKey, at, digit) => {
      const zoneId = zoneIdOf(publicKey)
      const changed = zoneId.slice(0, at) + digit.toString(36) + zoneId.slice(at + 1)
      const other = zoneIdFromText(changed)
      expect(other === undefined ? changed : zoneIdOf(publicKeyOf(other))).toBe(changed)
    }),
  )
})

test('any text is a zone ID or is not, and nothing else is thrown', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ minLength: 59, maxLength: 59 }).map(text => `k51${text}`),
  )
  fc.assert(
    fc.property(texts, text => {
      const zoneId = zoneIdFromText(text)
      if (zoneId === undefined) expect(() => parseZoneId(text)).toThrow(InvalidNameError)
      else expect(parseZoneId(text)).toBe(zoneId)
    }),
  )
})

test('the zone of a name is its last label', () => {
  expect(zoneIdOfName(parseName(`a.b.${KNOWN[0]!.toUpperCase()}.`))).toBe(KNOWN[0])
  expect(zoneIdOfName(parseName(`${KNOWN[0]}.example.`))).toBeUndefined()
  expect(zoneIdOfName(parseName('.'))).toBeUndefined()
})

test('keys of the DHT that are no Ed25519 IPNS name have no zone', () => {
  const key = routingKeyOf(id)
  expect(zoneIdOfRoutingKey(key.slice(0, -1))).toBeUndefined()
  expect(zoneIdOfRoutingKey(key.with(1, 0x70))).toBeUndefined()
  expect(zoneIdOfRoutingKey(new Uint8Array())).toBeUndefined()
})
