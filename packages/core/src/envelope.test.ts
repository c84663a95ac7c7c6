import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope, envelopeOverhead } from './envelope.ts'
import { MalformedRecordError } from './errors.ts'

const signature = new Uint8Array(64).fill(0xaa)
const data = Uint8Array.of(1, 2, 3)
const plain = [0x42, 64, ...signature, 0x4a, 3, 1, 2, 3]

test('an envelope is the V2 signature, then the data', () => {
  expect(encodeEnvelope(signature, data)).toEqual(Uint8Array.from(plain))
})

test('what is encoded is decoded, at every length of the length', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.oneof(fc.nat(300), fc.nat(20_000)),
      (someSignature, length) => {
        const someData = new Uint8Array(length).fill(7)
        const bytes = encodeEnvelope(someSignature, someData)
        expect(bytes.length).toBe(length + envelopeOverhead(length))
        expect(decodeEnvelope(bytes)).toEqual({
          signature: someSignature,
          data: someData,
          publicKey: undefined,
        })
      },
    ),
  )
})

test('the V1 fields that kubo writes are read over, in any order, and so are unknown ones', () => {
  const fields = [
    [0x4a, 3, 1, 2, 3],
    [0x0a, 1, 0x2f],
    [0x12, 2, 9, 9],
    [0x18, 0],
    [0x22, 1, 0x32],
    [0x28, 0x96, 0x01],
    [0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x3a, 2, 5, 6],
    [0x42, 64, ...signature],
    [0x51, 1, 2, 3, 4, 5, 6, 7, 8],
    [0xa5, 0x06, 1, 2, 3, 4],
  ]
  const publicKey = Uint8Array.of(5, 6)
  expect(decodeEnvelope(Uint8Array.from(fields.flat()))).toEqual({ signature, data, publicKey })
  expect(decodeEnvelope(Uint8Array.from(fields.toReversed().flat()))).toEqual({ signature, data, publicKey })
})

test.each([
  ['nothing', [], 'it has no V2 signature of 64 octets'],
  ['no data', plain.slice(0, 66), 'it has no signed data'],
  ['a short signature', [0x42, 2, 1, 2, 0x4a, 0], 'it has no V2 signature of 64 octets'],
  ['a signature that is a number', [0x40, 2, 0x4a, 0], 'it has no V2 signature of 64 octets'],
  ['a field twice', [...plain, 0x4a, 1, 1], 'field 9 comes twice'],
  ['an unknown field twice', [...plain, 0x50, 1, 0x50, 1], 'field 10 comes twice'],
  ['a length past the end', [...plain.slice(0, -3), 1, 2], 'it ends inside a field'],
  ['half a number', [...plain, 0x80], 'it ends inside a number'],
  ['a number in too many octets', [...plain, 0x50, 0x81, 0x00], 'it has a number in more octets than needed'],
  [
    'an endless number',
    [...plain, 0x50, ...new Array(11).fill(0xff)],
    'it has a number of more than ten octets',
  ],
  ['a group', [...plain, 0x53, 0x54], 'it has a field of wire type 3'],
  ['field 0', [...plain, 0x00, 0x00], '0 is no field number'],
  ['a public key that is a number', [...plain, 0x38, 1], 'its public key is a number'],
])('%s is refused', (_, bytes, why) => {
  expect(() => decodeEnvelope(Uint8Array.from(bytes))).toThrow(
    new MalformedRecordError(`the record's protobuf envelope is broken: ${why}`),
  )
})

test('any octets give an envelope or a MALFORMED_RECORD', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 20 }).map(tail => Uint8Array.from([...plain, ...tail])),
  )
  fc.assert(
    fc.property(octets, bytes => {
      try {
        decodeEnvelope(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedRecordError)
      }
    }),
    { numRuns: 2000 },
  )
})
