import fc from 'fast-check'
import { expect, test } from 'vitest'
import { a, otherSigner, otherZoneId, requestOf, signed, zoneId, zoneWith } from './record.test-support.ts'
import { recordOf, type SignedRecord } from './record.ts'
import { encodeRecordData } from './record-data.ts'
import { compareRecords, isEquivocation } from './selection.ts'
import { signRecord } from './sign.ts'

const winner = (x: SignedRecord, y: SignedRecord): SignedRecord => (compareRecords(x, y) >= 0 ? x : y)

test('the higher sequence wins, even with the shorter validity', async () => {
  const older = await signed({ sequence: 1, expiresAt: 5_000_000 })
  const newer = await signed({ sequence: 2, expiresAt: 1_000_000 })
  expect(winner(older, newer)).toBe(newer)
  expect(winner(newer, older)).toBe(newer)
  expect(isEquivocation(older, newer)).toBe(false)
})

test('sequences are numbers, not texts: 10 wins over 9', async () => {
  expect(compareRecords(await signed({ sequence: 10 }), await signed({ sequence: 9 }))).toBe(1)
})

test('with one sequence the later validity wins, and the two are equivocation', async () => {
  const shorter = await signed({ expiresAt: 1_000_000 })
  const longer = await signed({ expiresAt: 1_000_001 })
  expect(winner(shorter, longer)).toBe(longer)
  expect(isEquivocation(shorter, longer)).toBe(true)
})

test('with one sequence and one validity the greater data wins: every node chooses the same', async () => {
  const one = await signed({ content: zoneWith(a('@', 1)) })
  const two = await signed({ content: zoneWith(a('@', 2)) })
  expect(winner(one, two)).toBe(two)
  expect(winner(two, one)).toBe(two)
  expect(isEquivocation(one, two)).toBe(true)
})

const plain = (value: string, validity: string): SignedRecord =>
  recordOf(
    zoneId,
    new Uint8Array(64),
    encodeRecordData({
      value,
      validity,
      sequence: 0,
      ttl: 60,
      previous: undefined,
      zone: undefined,
      gone: false,
    }),
  )

test('a name without a zone that IPFS software renews under its sequence is no equivocation', async () => {
  const first = plain('/ipfs/bafkqaaa', '2030-01-01T00:00:00Z')
  const renewed = plain('/ipfs/bafkqaaa', '2030-01-02T00:00:00Z')
  const moved = plain('/ipfs/bafkqabtimvwgy3yk', '2030-01-02T00:00:00Z')
  expect(first.content.kind).toBe('none')
  expect(winner(first, renewed)).toBe(renewed)
  expect(isEquivocation(first, renewed)).toBe(false)
  expect(isEquivocation(first, moved)).toBe(true)
})

test('the same data in two envelopes is the same record', async () => {
  const record = await signed()
  const other = recordOf(zoneId, new Uint8Array(64), record.data)
  expect(compareRecords(record, other)).toBe(0)
  expect(isEquivocation(record, other)).toBe(false)
})

test('records of two zones are not compared', async () => {
  const record = await signed()
  const foreign = await signRecord(requestOf({ zoneId: otherZoneId, content: 'retired' }), otherSigner)
  expect(() => compareRecords(record, foreign)).toThrow(TypeError)
  expect(() => isEquivocation(record, foreign)).toThrow(TypeError)
})

// Few values, so that ties are common.
const records = fc
  .record({
    sequence: fc.nat(2),
    validity: fc.constantFrom(
      '2030-01-01T00:00:00Z',
      '2030-01-01T00:00:00.000Z',
      '2030-01-01T00:00:00.0000001Z',
    ),
    ttl: fc.nat(1),
  })
  .map(fields => {
    const rest = { value: '/ipfs/bafkqaaa', zone: undefined, previous: undefined, gone: true }
    return recordOf(zoneId, new Uint8Array(64), encodeRecordData({ ...fields, ...rest }))
  })

test('the order is total: antisymmetric, transitive, and a tie is the same data', () => {
  fc.assert(
    fc.property(records, records, records, (x, y, z) => {
      expect(compareRecords(x, y)).toBe(0 - compareRecords(y, x))
      expect(compareRecords(x, y) === 0).toBe(Buffer.compare(x.data, y.data) === 0)
      if (compareRecords(x, y) >= 0 && compareRecords(y, z) >= 0)
        expect(compareRecords(x, z)).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 1000 },
  )
})
