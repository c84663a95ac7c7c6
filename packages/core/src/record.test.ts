import { encode } from 'cborg'
import { expect, test } from 'vitest'
import { encodeEnvelope } from './envelope.ts'
import { MalformedRecordError, RecordTooLargeError } from './errors.ts'
import { otherZoneId, signed, zoneId } from './record.test-support.ts'
import { decodeRecord } from './record.ts'
import { publicKeyOf } from './zone-id.ts'

const record = await signed()
const decode = (...bytes: (number | Uint8Array)[]): unknown =>
  decodeRecord(
    zoneId,
    Uint8Array.from(bytes.flatMap(part => (typeof part === 'number' ? [part] : [...part]))),
  )

test('an envelope with more than signature and data comes out as the canonical one', () => {
  const v1 = [0x0a, 1, 0x2f, 0x12, 2, 9, 9, 0x18, 0, 0x28, 7]
  expect(decode(...v1, record.bytes)).toEqual(record)
  expect(decode(record.bytes, ...v1)).toEqual(record)
})

const embed = (key: Uint8Array): (number | Uint8Array)[] => [0x3a, 36, 8, 1, 0x12, 32, key]

test("an embedded public key has to be the zone's", () => {
  expect(decode(record.bytes, ...embed(publicKeyOf(zoneId)))).toEqual(record)
  expect(() => decode(record.bytes, ...embed(publicKeyOf(otherZoneId)))).toThrow(MalformedRecordError)
  expect(() => decode(record.bytes, 0x3a, 0)).toThrow(MalformedRecordError)
})

test('a record over the limit is refused whatever it is made of', () => {
  const padding = new Uint8Array(10_240 - record.bytes.length - 4)
  expect(decode(record.bytes, 0x52, 0x80 | (padding.length & 0x7f), padding.length >> 7, padding)).toEqual(
    record,
  )
  expect(() => decode(record.bytes, 0x52, 0x80, 0x50, new Uint8Array(0x2800))).toThrow(RecordTooLargeError)
  expect(() => decodeRecord(zoneId, new Uint8Array(10_241))).toThrow(RecordTooLargeError)
})

test("what is decoded shares no memory with the caller's octets", () => {
  // A view of a Buffer that is used again for the next packet, as a socket's may be.
  const received = Buffer.from(record.bytes)
  const decoded = decodeRecord(zoneId, received)
  received.fill(0)
  expect(decoded).toEqual(record)
})

test('an IPNS record without a zone is one, with no content', () => {
  const data = encode({
    TTL: 1,
    Value: new TextEncoder().encode('/ipfs/bafkqaaa'),
    Sequence: 0,
    Validity: new TextEncoder().encode('2030-01-01T00:00:00.123456789Z'),
    ValidityType: 0,
  })
  const plain = decodeRecord(zoneId, encodeEnvelope(new Uint8Array(64), data))
  expect(plain).toMatchObject({
    content: { kind: 'none' },
    validity: '2030-01-01T00:00:00.123456789Z',
    ttl: 0,
  })
  expect(plain.expiresAt).toBe(Date.UTC(2030, 0, 1) + 123)
})
