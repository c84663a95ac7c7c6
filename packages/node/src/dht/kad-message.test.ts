import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type KadMessage,
  MalformedKadMessageError,
  decodeKadMessage,
  encodeKadMessage,
} from './kad-message.ts'

const octets = fc.uint8Array({ maxLength: 300 })
const peers = fc.array(fc.record({ id: octets, multiaddrs: fc.array(octets, { maxLength: 4 }) }), {
  maxLength: 4,
})
const message: fc.Arbitrary<KadMessage> = fc.record({
  type: fc.constantFrom('PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING'),
  key: fc.option(octets, { nil: undefined }),
  record: fc.option(octets, { nil: undefined }),
  closer: peers,
  providers: peers,
})

const encode = (one: KadMessage): Uint8Array => Uint8Array.from(encodeKadMessage(one))

test('a message comes back as it was', () => {
  fc.assert(
    fc.property(message, one => {
      expect(decodeKadMessage(encode(one))).toEqual(one)
    }),
  )
})

test('the first octets of a message name its first peers, and are no whole message', () => {
  fc.assert(
    fc.property(message, fc.nat(), (one, at) => {
      const whole = encode(one)
      const { length } = encode({ ...one, closer: [], providers: [] })
      const cut = whole.subarray(0, length + (at % (whole.length - length + 1)))
      const { closer, providers, ...rest } = decodeKadMessage(cut, false)
      expect({ ...rest, closer: [], providers: [] }).toEqual({ ...one, closer: [], providers: [] })
      const named = [...closer, ...providers]
      expect(named).toEqual([...one.closer, ...one.providers].slice(0, named.length))
      // As many as are there whole.
      const again = encode({ ...rest, closer, providers })
      expect(cut.subarray(0, again.length)).toEqual(again)
      if (again.length < cut.length) expect(() => decodeKadMessage(cut)).toThrow(MalformedKadMessageError)
    }),
  )
})

test('a message of which the record is cut off says nothing', () => {
  const record = new Uint8Array(100)
  const whole = encode({ type: 'GET_VALUE', key: record, record, closer: [], providers: [] })
  for (const length of [4, 50, 107, 204])
    expect(() => decodeKadMessage(whole.subarray(0, length), false)).toThrow(MalformedKadMessageError)
})

test('whatever a peer sends is a message or an error of its own', () => {
  const damaged = fc.tuple(message, fc.nat(), fc.nat(255)).map(([one, at, octet]) => {
    const whole = encode(one)
    return whole.with(at % whole.length, octet)
  })
  fc.assert(
    fc.property(fc.oneof(damaged, octets), fc.boolean(), (some, isWhole) => {
      try {
        const { type, closer } = decodeKadMessage(some, isWhole)
        expect(type).toMatch(/^[A-Z_]+$/)
        for (const { id } of closer) expect(id).toBeInstanceOf(Uint8Array)
      } catch (error) {
        expect(error).toMatchObject({ code: 'MALFORMED_KAD_MESSAGE' })
      }
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  ['a number without an end', [8, ...Array.from({ length: 11 }, () => 0xff)]],
  ['a group', [11]],
  ['a type that there is not', [8, 6]],
  ['an end in a field', [18, 2, 1]],
])('%s is no message', (_, some) => {
  expect(() => decodeKadMessage(Uint8Array.from(some))).toThrow(MalformedKadMessageError)
})

test('fields that nobody knows are passed over', () => {
  const known = encodeKadMessage({ type: 'PING', closer: [], providers: [] })
  const unknown = Uint8Array.of(80, 1, 89, ...new Uint8Array(8), 93, 0, 0, 0, 0, 98, 1, 7)
  expect(decodeKadMessage(Buffer.concat([known, unknown])).type).toBe('PING')
})
