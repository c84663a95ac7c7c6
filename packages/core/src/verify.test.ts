import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEnvelope } from './envelope.ts'
import { type Verifier, portableVerifier } from './keys.ts'
import { encodeRecordData } from './record-data.ts'
import { NOW, otherZoneId, sampleZone, signed, signer, zoneId } from './record.test-support.ts'
import { signedMessage } from './signed-message.ts'
import { type Verdict, verifyRecord, zoneOf } from './verify.ts'
import { encodeZone } from './zone-payload.ts'
import type { ZoneId } from './zone-id.ts'

// The same curve at a tenth of the cost, so that thousands of mutations are affordable.
const fastVerifier: Verifier = {
  verify(publicKey, message, signature) {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
    return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
  },
}

const verdictOf = (bytes: Uint8Array, now = NOW, id: ZoneId = zoneId): Promise<Verdict> =>
  verifyRecord(id, bytes, { verifier: fastVerifier, now })

const codeOf = (verdict: Verdict): string => (verdict.kind === 'valid' ? 'valid' : verdict.error.code)

const record = await signed()

test.each([
  ['the portable verifier', portableVerifier],
  ['a verifier of the platform', fastVerifier],
])('a signed record is valid to %s', async (_, verifier) => {
  expect(await verifyRecord(zoneId, record.bytes, { verifier, now: NOW })).toEqual({ kind: 'valid', record })
})

test('a record is good up to its last moment, then expired, and is still given', async () => {
  expect(codeOf(await verdictOf(record.bytes, record.expiresAt))).toBe('valid')
  const verdict = await verdictOf(record.bytes, record.expiresAt + 1)
  expect(verdict).toMatchObject({ kind: 'expired', record, error: { code: 'RECORD_EXPIRED', zoneId } })
})

test('a record under another zone ID has a bad signature', async () => {
  expect(codeOf(await verdictOf(record.bytes, NOW, otherZoneId))).toBe('BAD_SIGNATURE')
})

test('a verifier that throws for a key that is no point of the curve has found a bad signature', async () => {
  const verifier: Verifier = {
    verify() {
      throw new Error('invalid key')
    },
  }
  const verdict = await verifyRecord(zoneId, record.bytes, { verifier, now: NOW })
  expect(verdict).toMatchObject({
    kind: 'invalid',
    error: { code: 'BAD_SIGNATURE', cause: new Error('invalid key') },
  })
})

test('more octets than a record may have are refused unread', async () => {
  expect(codeOf(await verdictOf(new Uint8Array(10_241)))).toBe('RECORD_TOO_LARGE')
})

test('the zone is not decoded before the signature is known to be good', async () => {
  const bytes = await recordWith(Uint8Array.of(1, 2, 3))
  expect(codeOf(await verdictOf(bytes))).toBe('MALFORMED_RECORD')
  expect(codeOf(await verdictOf(bytes, NOW, otherZoneId))).toBe('BAD_SIGNATURE')
})

test.each([
  ['no octets', new Uint8Array()],
  ['a message without a record', Uint8Array.of(0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
])('an empty zone is not believed even when its owner signed it: %s', async (_, octets) => {
  expect(codeOf(await verdictOf(await recordWith(octets)))).toBe('MALFORMED_RECORD')
})

test('a retirement is believed, and has no zone', async () => {
  const retired = await signed({ content: 'retired' })
  const verdict = await verdictOf(retired.bytes)
  expect(verdict).toEqual({ kind: 'valid', record: retired })
  expect(zoneOf(retired)).toBeUndefined()
})

test('the zone of a record is decoded once', async () => {
  expect(zoneOf(record)).toEqual(sampleZone)
  expect(zoneOf(record)).toBe(zoneOf(record))
})

test('a flipped bit: refused, or the same signed data', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(record.bytes.length * 8 - 1), async bit => {
      const flipped = Uint8Array.from(record.bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const verdict = await verdictOf(flipped)
      if (verdict.kind === 'invalid') return
      expect(verdict.record).toEqual(record)
    }),
    { numRuns: 3000 },
  )
})

test('octets put in, taken out or cut off: refused, or the same signed data', async () => {
  const place = fc.nat(record.bytes.length)
  await fc.assert(
    fc.asyncProperty(place, place, fc.uint8Array({ maxLength: 4 }), async (from, to, inserted) => {
      const bytes = Uint8Array.from([...record.bytes.slice(0, from), ...inserted, ...record.bytes.slice(to)])
      const verdict = await verdictOf(bytes)
      if (verdict.kind === 'invalid') return
      expect(verdict.record).toEqual(record)
    }),
    { numRuns: 1000 },
  )
})

test('random octets are refused and never thrown over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
      expect((await verdictOf(bytes)).kind).toBe('invalid')
    }),
    { numRuns: 1000 },
  )
})

test("random octets signed as a zone are refused or make a zone that encodes to the owner's meaning", async () => {
  const header = [0, 0, 0x84, 0, 0, 0]
  const octets = fc
    .tuple(fc.nat(3), fc.uint8Array({ maxLength: 60 }))
    .map(([count, rest]) => Uint8Array.from([...header, 0, count, 0, 0, 0, 0, ...rest]))
  await fc.assert(
    fc.asyncProperty(octets, async payload => {
      const verdict = await verdictOf(await recordWith(payload))
      if (verdict.kind === 'invalid') expect(verdict.error.code).toBe('MALFORMED_RECORD')
      else expect(zoneOf(verdict.record)?.sets.length).toBeGreaterThan(0)
    }),
    { numRuns: 100 },
  )
})

test('a flipped bit in a zone that is signed all the same: refused or another zone, never a crash', async () => {
  const payload = encodeZone(sampleZone)
  await fc.assert(
    fc.asyncProperty(fc.nat(payload.length * 8 - 1), async bit => {
      const flipped = Uint8Array.from(payload)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const verdict = await verdictOf(await recordWith(flipped))
      if (verdict.kind === 'invalid') expect(verdict.error.code).toBe('MALFORMED_RECORD')
      else expect(verdict.kind).toBe('valid')
    }),
    { numRuns: 200 },
  )
})

// What a careless or hostile owner could sign.
async function recordWith(zone: Uint8Array): Promise<Uint8Array> {
  const data = encodeRecordData({
    value: '/ipfs/bafkqaaa',
    validity: '2031-01-01T00:00:00Z',
    sequence: 1,
    ttl: 300,
    zone,
    previous: undefined,
    gone: false,
  })
  return encodeEnvelope(await signer.sign(signedMessage(data)), data)
}
