import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { BadSignatureError, EmptyZoneError, MalformedRecordError, RecordTooLargeError } from './errors.ts'
import {
  NOW,
  otherSigner,
  otherZoneId,
  requestOf,
  sampleZone,
  signed,
  signer,
  txt,
  zoneId,
  zoneWith,
} from './record.test-support.ts'
import { MAX_RECORD_LENGTH, decodeRecord } from './record.ts'
import { signRecord, signedSize } from './sign.ts'
import { encodeZone } from './zone-payload.ts'

test('a signed record says what was asked for', async () => {
  const first = await signed()
  const record = await signed({ sequence: 2, ttl: 60, value: '/ipfs/bafybeiab', previous: first })
  expect(record).toMatchObject({
    zoneId,
    sequence: 2,
    ttl: 60,
    value: '/ipfs/bafybeiab',
    validity: '2030-01-01T00:01:00.000Z',
    expiresAt: NOW + 60_000,
    previous: new Uint8Array(createHash('sha256').update(first.data).digest()),
    content: { kind: 'zone', octets: encodeZone(sampleZone) },
  })
  expect(first).toMatchObject({ ttl: 300, value: '/ipfs/bafkqaaa', previous: undefined })
})

test('the octets of a record are those that decoding keeps', async () => {
  const record = await signed()
  expect(decodeRecord(zoneId, record.bytes)).toEqual(record)
})

test('the same request gives the same octets', async () => {
  const again = zoneWith(txt('@', 'v=spf1 -all'), ...zoneRecordsReversed())
  expect((await signed({ content: again })).bytes).toEqual((await signed()).bytes)
})

test('a retirement has no zone and says so', async () => {
  const record = await signed({ content: 'retired' })
  expect(record.content).toEqual({ kind: 'retired' })
})

test('the size is known before signing', async () => {
  const record = await signed()
  expect(signedSize(requestOf())).toBe(record.bytes.length)
})

test('a record of exactly the limit is signed; one octet more is refused, with how much and what to do', async () => {
  const room = MAX_RECORD_LENGTH - signedSize(requestOf({ content: zoneWith(filler(0)) }))
  // Length octets of the text's strings, and of the payload that is now longer than 255 octets, take their part.
  let size = room
  while (signedSize(requestOf({ content: zoneWith(filler(size)) })) > MAX_RECORD_LENGTH) size--
  expect((await signed({ content: zoneWith(filler(size)) })).bytes.length).toBe(MAX_RECORD_LENGTH)

  const tooLarge = requestOf({ content: zoneWith(filler(size + 1)) })
  expect(signedSize(tooLarge)).toBe(MAX_RECORD_LENGTH + 1)
  const error = await signRecord(tooLarge, signer).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(RecordTooLargeError)
  expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', size: 10_241, limit: 10_240, excess: 1 })
  expect(String(error)).toContain('10241 octets, 1 more than the 10240')
  expect(String(error)).toContain('delegate some labels to a second key')
})

test.each([
  ['without RRsets', { ...sampleZone, sets: [] }],
  ['of an RRset without records', { ...sampleZone, sets: [{ ...sampleZone.sets[0]!, rdatas: [] }] }],
])('an empty zone, %s, is never signed', async (_, content) => {
  const request = requestOf({ content })
  await expect(signRecord(request, signer)).rejects.toThrow(EmptyZoneError)
  expect(() => signedSize(request)).toThrow(EmptyZoneError)
})

test('a zone made by hand that no peer would believe is not signed', async () => {
  const [first] = sampleZone.sets
  const content = { ...sampleZone, sets: [{ ...first!, class: 3 }] }
  await expect(signRecord(requestOf({ content }), signer)).rejects.toThrow(MalformedRecordError)
})

test('a signer with another key is refused', async () => {
  await expect(signRecord(requestOf(), otherSigner)).rejects.toThrow(BadSignatureError)
})

test('a device that signs wrongly is noticed before anything is published', async () => {
  const broken = { publicKey: signer.publicKey, sign: () => Promise.resolve(new Uint8Array(64)) }
  await expect(signRecord(requestOf(), broken)).rejects.toThrow(/does not verify/)
})

test('a zone, or a previous record, of another key is refused', async () => {
  const foreign = await signRecord(requestOf({ zoneId: otherZoneId, content: 'retired' }), otherSigner)
  await expect(signed({ sequence: 2, previous: foreign })).rejects.toThrow(TypeError)
  await expect(signRecord(requestOf({ zoneId: otherZoneId }), otherSigner)).rejects.toThrow(TypeError)
})

test.each([1, 2])('sequence %i does not replace sequence 2', async sequence => {
  const previous = await signed({ sequence: 2 })
  await expect(signed({ sequence, previous })).rejects.toThrow(RangeError)
})

test('sequence 0 is a sequence: kubo begins with it', async () => {
  expect((await signed({ sequence: 0 })).sequence).toBe(0)
})

test.each([{ expiresAt: -1 }, { expiresAt: 0.5 }, { sequence: 2 ** 53 }, { ttl: -1 }, { value: 'x' }])(
  '%j is refused',
  async changes => {
    await expect(signed(changes)).rejects.toThrow(RangeError)
  },
)

function filler(length: number): ReturnType<typeof txt> {
  return txt('@', new Uint8Array(length).fill(0x78))
}

function zoneRecordsReversed(): ReturnType<typeof txt>[] {
  return sampleZone.sets
    .flatMap(set => set.rdatas.map(rdata => ({ ...set, rdata })))
    .toReversed()
    .map(({ name, type, class: rrClass, ttl, rdata }) => ({ name, type, class: rrClass, ttl, rdata }))
}
