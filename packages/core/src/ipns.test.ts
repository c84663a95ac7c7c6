import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import {
  createIPNSRecord,
  createIPNSRecordWithExpiration,
  marshalIPNSRecord,
  unmarshalIPNSRecord,
} from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import { expect, test } from 'vitest'
import { portableVerifier, signerFromSeed } from './keys.ts'
import {
  NOW,
  a,
  opaque,
  otherZoneId,
  requestOf,
  signed,
  signer,
  zoneId,
  zoneWith,
} from './record.test-support.ts'
import { MAX_RECORD_LENGTH, type SignedRecord, decodeRecord } from './record.ts'
import { compareRecords } from './selection.ts'
import { signRecord, signedSize } from './sign.ts'
import { MAX_EXPIRY } from './validity.ts'
import { type Verdict, verifyRecord } from './verify.ts'
import { routingKeyOf, zoneIdOf } from './zone-id.ts'
import type { Zone } from './zone.ts'

// js-ipns is what helia and js-libp2p run; it takes the time from the clock, so records here expire in its future.
const later = Date.now() + 3_600_000
const accepts = (bytes: Uint8Array, id = zoneId): Promise<true> =>
  ipnsValidator(routingKeyOf(id), bytes).then(() => true)
const verdictOf = (bytes: Uint8Array, id = zoneId): Promise<Verdict> =>
  verifyRecord(id, bytes, { verifier: portableVerifier, now: Date.now() })

// A zone whose record has about `size` octets, in as many records as are asked for.
function zoneOfSize(size: number, count: number): Zone {
  const each = Math.floor(size / count)
  const octets = (n: number): Uint8Array => Uint8Array.from({ length: each }, (_, at) => (at + n) & 0xff)
  return zoneWith(...Array.from({ length: count }, (_, n) => opaque(n === 0 ? '@' : `h${n}`, octets(n))))
}

test('js-ipns accepts every record that is signed here, up to the limit and through retirement', async () => {
  const requests = fc.record({
    size: fc.oneof(fc.nat(600), fc.integer({ min: 7000, max: 9900 })),
    count: fc.integer({ min: 1, max: 20 }),
    sequence: fc.oneof(fc.nat(3), fc.maxSafeNat()),
    ttl: fc.oneof(fc.nat(600), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    expiresAt: fc.integer({ min: later, max: MAX_EXPIRY }),
    value: fc.constantFrom('/ipfs/bafkqaaa', '/ipns/signpost.example/é'),
    retired: fc.boolean(),
    chained: fc.boolean(),
  })
  const first = await signed({ sequence: 0, expiresAt: later })
  let largest = 0
  await fc.assert(
    fc.asyncProperty(requests, async ({ size, count, sequence, retired, chained, ...rest }) => {
      const content = retired ? 'retired' : zoneOfSize(size, count)
      const request = requestOf({
        ...rest,
        content,
        sequence,
        ...(chained && sequence > 0 ? { previous: first } : {}),
      })
      if (signedSize(request) > MAX_RECORD_LENGTH) return
      const record = await signRecord(request, signer)
      largest = Math.max(largest, record.bytes.length)
      expect(await accepts(record.bytes)).toBe(true)
      const theirs = unmarshalIPNSRecord(record.bytes)
      expect(theirs).toMatchObject({
        value: record.value,
        validity: record.validity,
        sequence: BigInt(record.sequence),
        ttl: BigInt(record.ttl) * 1_000_000_000n,
      })
      expect(new Uint8Array(marshalIPNSRecord(theirs))).toEqual(record.bytes)
    }),
    { numRuns: 100 },
  )
  expect(largest).toBeGreaterThan(9000)
})

test('js-ipns accepts a record of exactly the limit', async () => {
  const room = MAX_RECORD_LENGTH - signedSize(requestOf({ content: zoneOfSize(9000, 1) })) + 9000
  const record = await signed({ content: zoneOfSize(room, 1), expiresAt: later })
  expect(record.bytes).toHaveLength(MAX_RECORD_LENGTH)
  expect(await accepts(record.bytes)).toBe(true)
})

test('js-ipns and core refuse the same: expired, foreign, changed, too large', async () => {
  const expired = await signed({ expiresAt: Date.now() - 1 })
  await expect(accepts(expired.bytes)).rejects.toThrow(/expired/)
  expect((await verdictOf(expired.bytes)).kind).toBe('expired')

  const good = await signed({ expiresAt: later })
  await expect(accepts(good.bytes, otherZoneId)).rejects.toThrow(/signature/)
  expect(await verdictOf(good.bytes, otherZoneId)).toMatchObject({ error: { code: 'BAD_SIGNATURE' } })

  const changed = Uint8Array.from([...good.bytes.slice(0, -1), good.bytes.at(-1)! ^ 1])
  await expect(accepts(changed)).rejects.toThrow(/./)
  expect((await verdictOf(changed)).kind).toBe('invalid')

  const large = Uint8Array.from([...good.bytes, 0x52, 0x80, 0x50, ...new Uint8Array(0x2800)])
  await expect(accepts(large)).rejects.toThrow(/too large/)
  expect(await verdictOf(large)).toMatchObject({ error: { code: 'RECORD_TOO_LARGE' } })
})

test('whatever core makes of mutated octets, js-ipns accepts it too', async () => {
  const { bytes } = await signed({ expiresAt: later })
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, octet) => {
      const verdict = await verdictOf(bytes.with(at, octet))
      if (verdict.kind === 'invalid') return
      accepted++
      expect(await accepts((verdict as { record: SignedRecord }).record.bytes)).toBe(true)
    }),
    { numRuns: 300, examples: [[0, bytes[0]!]] },
  )
  expect(accepted).toBeGreaterThan(0)
})

const seed = new Uint8Array(32).fill(7)
const key = await generateKeyPairFromSeed('Ed25519', seed)

test('one seed is one zone here and one IPNS name there', () => {
  expect(zoneIdOf(signerFromSeed(seed).publicKey)).toBe(zoneId)
  expect(zoneIdOf(key.publicKey.raw)).toBe(zoneId)
  expect(key.publicKey.toCID().toString()).not.toBe('')
})

test.each([true, false])(
  'a record of js-ipns is read as one without a zone (with V1 fields: %s)',
  async v1Compatible => {
    const options = { v1Compatible, ttlNs: 60_000_000_000 }
    const theirs = await createIPNSRecord(key, '/ipfs/bafkqaaa', 7, 3_600_000, options)
    const bytes = marshalIPNSRecord(theirs)
    const verdict = await verdictOf(bytes)
    expect(verdict).toMatchObject({
      kind: 'valid',
      record: {
        sequence: 7,
        ttl: 60,
        value: '/ipfs/bafkqaaa',
        content: { kind: 'none' },
        validity: theirs.validity,
      },
    })
    const { record } = verdict as { record: SignedRecord }
    expect(record.data).toEqual(new Uint8Array(theirs.data))
    expect(await accepts(record.bytes)).toBe(true)
  },
)

test('a zone takes over from the record of an IPFS site under the same key', async () => {
  const theirs = await createIPNSRecord(key, '/ipfs/bafkqaaa', 7, 3_600_000)
  const previous = decodeRecord(zoneId, marshalIPNSRecord(theirs))
  const record = await signed({ sequence: 8, previous, value: previous.value, expiresAt: later })
  expect(compareRecords(record, previous)).toBe(1)
  expect(await accepts(record.bytes)).toBe(true)
})

const at = (sequence: number, expiresAt: number, last: number): Promise<SignedRecord> =>
  signed({ sequence, expiresAt, content: zoneWith(a('@', last)) })

test('js-ipns selects the record that compareRecords selects', async () => {
  const records = await Promise.all([at(1, NOW + 9, 1), at(2, NOW, 2), at(2, NOW + 1, 3), at(10, NOW - 5, 4)])
  for (const one of records) {
    for (const other of records) {
      if (one === other) continue
      const chosen = ipnsSelector(routingKeyOf(zoneId), [one.bytes, other.bytes])
      expect(chosen).toBe(compareRecords(one, other) > 0 ? 0 : 1)
    }
  }
})

test('nanoseconds that other implementations sign are read and compared', async () => {
  const first = await createIPNSRecordWithExpiration(
    key,
    '/ipfs/bafkqaaa',
    1,
    '2035-01-01T00:00:00.000000001Z',
  )
  const second = await createIPNSRecordWithExpiration(
    key,
    '/ipfs/bafkqaaa',
    1,
    '2035-01-01T00:00:00.000000002Z',
  )
  const [one, two] = [first, second].map(record => decodeRecord(zoneId, marshalIPNSRecord(record)))
  expect(one!.expiresAt).toBe(two!.expiresAt)
  expect(compareRecords(two!, one!)).toBe(1)
})

test('js-ipns takes 3200 years off a later expiry: the reason for the limit here', async () => {
  const record = await signed({ expiresAt: MAX_EXPIRY })
  expect(await accepts(record.bytes)).toBe(true)
  const tooLate = await createIPNSRecordWithExpiration(key, '/ipfs/bafkqaaa', 1, '5170-01-01T00:00:00.000Z')
  await expect(accepts(marshalIPNSRecord(tooLate))).rejects.toThrow(/expired/)
  expect((await verdictOf(marshalIPNSRecord(tooLate))).kind).toBe('valid')
})
