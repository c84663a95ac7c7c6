import { encode } from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedRecordError } from './errors.ts'
import { type RecordData, decodeRecordData, encodeRecordData } from './record-data.ts'
import { printValidity } from './validity.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(new TextEncoder().encode(text))
const plainFields = {
  TTL: 300_000_000_000,
  Value: bytes('/ipfs/bafkqaaa'),
  Sequence: 1,
  Validity: bytes('2030-01-01T00:00:00Z'),
  ValidityType: 0,
}
const withFields = (fields: object): Uint8Array => new Uint8Array(encode({ ...plainFields, ...fields }))

const data: RecordData = {
  value: '/ipfs/bafkqaaa',
  validity: '2030-01-01T00:00:00.000Z',
  sequence: 42,
  ttl: 300,
  zone: Uint8Array.of(1, 2),
  previous: new Uint8Array(32).fill(9),
  gone: false,
}

test('the octets of a record are these, key by key', () => {
  const hex = Buffer.from(encodeRecordData(data)).toString('hex')
  expect(hex).toBe(
    [
      'a7',
      ['63', text('TTL'), '1b', '00000045d964b800'],
      ['64', text('_dns'), '42', '0102'],
      ['65', text('Value'), '4e', text('/ipfs/bafkqaaa')],
      ['65', text('_prev'), '5820', '09'.repeat(32)],
      ['68', text('Sequence'), '182a'],
      ['68', text('Validity'), '5818', text('2030-01-01T00:00:00.000Z')],
      ['6c', text('ValidityType'), '00'],
    ]
      .flat()
      .join(''),
  )
})

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })
const datas: fc.Arbitrary<RecordData> = fc
  .record({
    value: fc.string().map(path => `/x${path}`),
    validity: fc.integer({ min: 0, max: 100_982_246_399_999 }).map(printValidity),
    sequence: fc.maxSafeNat(),
    ttl: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    zone: fc.option(fc.uint8Array({ maxLength: 400 }), { nil: undefined }),
    previous: fc.option(digests, { nil: undefined }),
    gone: fc.boolean(),
  })
  .map(fields => ({ ...fields, gone: fields.gone && fields.zone === undefined }))

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(datas, fields => {
      expect(decodeRecordData(encodeRecordData(fields))).toEqual(fields)
    }),
  )
})

test('a flipped bit gives a MALFORMED_RECORD, or octets that are still canonical', () => {
  fc.assert(
    fc.property(datas, fc.nat(), (fields, somewhere) => {
      const octets = encodeRecordData(fields)
      const bit = somewhere % (octets.length * 8)
      octets[bit >> 3]! ^= 1 << (bit & 7)
      let decoded: RecordData
      try {
        decoded = decodeRecordData(octets)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedRecordError)
        return
      }
      // A flip in a key's own letters makes it an unknown field; a TTL loses what is below a second.
      expect(decoded).not.toEqual(fields.ttl === decoded.ttl ? undefined : fields)
    }),
    { numRuns: 1000 },
  )
})

test('any octets give data or a MALFORMED_RECORD', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), octets => {
      expect(() => decodeRecordData(octets)).toThrow(MalformedRecordError)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['no map', new Uint8Array(encode([1])), 'its data is no CBOR map'],
  ['no CBOR', Uint8Array.of(0xff), 'its data is no DAG-CBOR'],
  ['nothing', new Uint8Array(), 'its data is no DAG-CBOR'],
  ['octets behind the map', Uint8Array.from([...withFields({}), 0]), 'its data is no DAG-CBOR'],
  ['lists nested as deep as a record is long', new Uint8Array(10_000).fill(0x81), 'its data is no DAG-CBOR'],
  ['maps nested as deep as a record is long', nestedMaps(3300), 'its data is no DAG-CBOR'],
  ['a map of indefinite length', indefinite(), 'its data is no DAG-CBOR'],
  ['a key twice', twice(), 'its data is no DAG-CBOR'],
  ['a tag', Uint8Array.from([0xa1, 0x61, 0x78, 0xd8, 0x2a, 0x41, 0x00]), 'its data is no DAG-CBOR'],
  ['undefined', Uint8Array.from([0xa1, 0x61, 0x78, 0xf7]), 'its data is no DAG-CBOR'],
  ['keys in another order', swapped(), 'its data is not in the canonical form of DAG-CBOR'],
  [
    'a float of 32 bits',
    Uint8Array.from([0xa1, 0x61, 0x78, 0xfa, 0x3f, 0x80, 0, 0]),
    'its data is not in the canonical form of DAG-CBOR',
  ],
  [
    'a text that is no UTF-8',
    Uint8Array.from([0xa1, 0x61, 0x78, 0x61, 0xff]),
    'its data is not in the canonical form of DAG-CBOR',
  ],
  ['a key that is a number', Uint8Array.from([0xa1, 0x01, 0x01]), 'a key of its data is no text'],
  ['a list in a field', withFields({ _x: [1] }), 'its field _x is a list or a map'],
  ['a map in a field', withFields({ _x: { a: 1 } }), 'its field _x is a list or a map'],
  [
    'another type of validity',
    withFields({ ValidityType: 1 }),
    'its ValidityType is not 0 (a time of expiry)',
  ],
  ['a value that is text', withFields({ Value: '/ipfs/x' }), 'its field Value is no byte string'],
  ['a value that is no path', withFields({ Value: bytes('bafkqaaa') }), 'its Value is no content path'],
  [
    'a value that is no UTF-8',
    withFields({ Value: Uint8Array.of(0x2f, 0xff) }),
    'its Value is no content path',
  ],
  [
    'no time',
    withFields({ Validity: bytes('soon') }),
    'its Validity is no RFC 3339 time in UTC from 1970 to 9999',
  ],
  ['a negative sequence', withFields({ Sequence: -1 }), 'its Sequence is no whole number below 2^53'],
  ['a sequence of 2^53', withFields({ Sequence: 2n ** 53n }), 'its Sequence is no whole number below 2^53'],
  ['a number that is a float', Uint8Array.from([0xa1, 0x61, 0x78, 0xf9, 0x3e, 0]), 'its field x is a float'],
  [
    'a whole number that is a float',
    Uint8Array.from([0xa1, 0x61, 0x78, 0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
    'its data is not in the canonical form of DAG-CBOR',
  ],
  ['a negative TTL', withFields({ TTL: -1 }), 'its TTL is no whole number of nanoseconds'],
  ['a zone that is text', withFields({ _dns: 'x' }), 'its field _dns is no byte string'],
  ['a short digest', withFields({ _prev: new Uint8Array(31) }), 'its _prev has 31 octets instead of 32'],
  ['_gone that is false', withFields({ _gone: false }), 'its _gone is not true'],
  ['_gone that is a number', withFields({ _gone: 1 }), 'its _gone is not true'],
  [
    '_gone with a zone',
    withFields({ _gone: true, _dns: Uint8Array.of(1) }),
    'it has both a zone and the retirement of the zone',
  ],
  [
    '_gone with an empty zone',
    withFields({ _gone: true, _dns: new Uint8Array() }),
    'it has both a zone and the retirement of the zone',
  ],
])('%s is refused', (_, octets, why) => {
  expect(() => decodeRecordData(octets)).toThrow(new MalformedRecordError(`the record is malformed: ${why}`))
})

test.each(Object.keys(plainFields))('%s has to be there', key => {
  const fields = Object.fromEntries(Object.entries(plainFields).filter(([name]) => name !== key))
  expect(() => decodeRecordData(new Uint8Array(encode(fields)))).toThrow(MalformedRecordError)
})

test('fields of a later version are left alone as long as they are scalars', () => {
  const later = {
    _next: new Uint8Array(32),
    _moved: 'k51',
    _n: -5,

    _b: false,
    _z: null,
    Later: 2n ** 63n,
  }
  expect(decodeRecordData(withFields(later))).toEqual(decodeRecordData(withFields({})))
})

test('the name of a property of every object is a field like any other', () => {
  expect(decodeRecordData(withFields({ ['__proto__']: 1, toString: 2 }))).toEqual(
    decodeRecordData(withFields({})),
  )
})

test('a TTL counts whole seconds, and at most as many as DNS has', () => {
  expect(decodeRecordData(withFields({ TTL: 1_999_999_999 })).ttl).toBe(1)
  expect(decodeRecordData(withFields({ TTL: 2n ** 64n - 1n })).ttl).toBe(2 ** 31 - 1)
  expect(decodeRecordData(withFields({ TTL: 0 })).ttl).toBe(0)
})

test.each([
  { sequence: -1 },
  { sequence: 2 ** 53 },
  { sequence: 1.5 },
  { ttl: -1 },
  { ttl: 2 ** 31 },
  { ttl: 0.5 },
  { value: 'bafkqaaa' },
  { value: '/' },
  { value: '/\ud800' },
])('%j is not signed', changes => {
  expect(() => encodeRecordData({ ...data, ...changes })).toThrow(RangeError)
})

function text(value: string): string {
  return Buffer.from(value).toString('hex')
}

function nestedMaps(depth: number): Uint8Array {
  return Uint8Array.from(Array.from({ length: depth }, () => [0xa1, 0x61, 0x78]).flat())
}

function indefinite(): Uint8Array {
  return Uint8Array.from([0xbf, ...withFields({}).slice(1), 0xff])
}

// js-ipns accepts this one and takes the last of the two.
function twice(): Uint8Array {
  const octets = withFields({})
  const sequence = [0x68, ...bytes('Sequence'), 0x02]
  return Uint8Array.from([octets[0]! + 1, ...octets.slice(1), ...sequence])
}

function swapped(): Uint8Array {
  const ttl = [0x63, ...bytes('TTL'), 0x1b, 0, 0, 0, 0x45, 0xd9, 0x64, 0xb8, 0]
  return Uint8Array.from([0xa5, ...withFields({}).slice(1 + ttl.length), ...ttl])
}
