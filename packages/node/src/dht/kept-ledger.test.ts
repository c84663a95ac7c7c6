import type { ZoneId } from '@signpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KeptEntry, KeptLedger, decodeEntry, encodeEntry } from './kept-ledger.ts'

const limits = { zones: 12, octets: 1_000, share: 0.5 }
const needed = 'zone 0' as ZoneId

const entry: fc.Arbitrary<KeptEntry> = fc.record({
  source: fc.option(fc.constantFrom('a', 'b', 'c', '203.0.113.0/24'), { nil: undefined }),
  shared: fc.boolean(),
  octets: fc.integer({ min: 1, max: 200 }),
  receivedAt: fc.nat(),
  expiresAt: fc.nat(),
  sequence: fc.nat(),
  horizon: fc.nat(),
})

test('whatever is admitted, restored and removed, the ledger counts what is in it and no more', () => {
  const step = fc.record({
    what: fc.constantFrom('admit', 'admit', 'admit', 'restore', 'remove'),
    zone: fc.nat(20),
    entry,
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const ledger = new KeptLedger([], limits, zoneId => zoneId === needed)
      for (const { what, zone, entry } of steps) {
        const zoneId = `zone ${zone}` as ZoneId
        const before = ledger.get(zoneId)
        // As the guarded datastore has it: a zone counts for who brought it first.
        const its = before === undefined ? entry : { ...entry, source: before.source }
        if (what === 'remove') ledger.remove(zoneId)
        else {
          const { kind } = ledger.admit(zoneId, its)
          expect(ledger.get(zoneId)).toEqual(kind === 'admitted' ? its : before)
          if (what === 'restore') ledger.restore(zoneId, before)
        }
        const kept = ledger.select((_, { source }) => source !== undefined)
        const octets = kept.reduce((sum, one) => sum + (ledger.get(one)?.octets ?? 0), 0)
        const sources = new Set(kept.map(one => ledger.get(one)?.source))
        expect(ledger.usage).toEqual({ zones: kept.length, octets, sources: sources.size })
      }
    }),
    { numRuns: 300 },
  )
})

test('what one zone loses for want of octets, others keep', () => {
  const ledger = new KeptLedger([], limits, () => false)
  const put = (zone: string, source: string, octets: number): string =>
    ledger.admit(zone as ZoneId, {
      source,
      octets,
      shared: false,
      receivedAt: 0,
      expiresAt: 0,
      sequence: 0,
      horizon: 0,
    }).kind
  for (const zone of ['a1', 'a2', 'a3', 'a4']) expect(put(zone, 'a', 125)).toBe('admitted')
  for (const zone of ['b1', 'b2', 'b3', 'b4']) expect(put(zone, 'b', 120)).toBe('admitted')
  expect(put('a5', 'a', 1)).toBe('refused')
  expect(put('c1', 'c', 100)).toBe('admitted')
  expect(ledger.select(() => true)).toEqual(['a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4', 'c1'])
  expect(ledger.usage).toEqual({ zones: 8, octets: 955, sources: 3 })
})

test('an entry comes back from disk as it was', () => {
  fc.assert(
    fc.property(entry, kept => {
      expect(decodeEntry(encodeEntry(kept))).toEqual(kept)
    }),
  )
})

test('whatever the disk makes of an entry is an entry or none', () => {
  const octets = encodeEntry({
    source: 'a',
    octets: 327,
    shared: false,
    receivedAt: 1,
    expiresAt: 2,
    sequence: 4,
    horizon: 3,
  })
  const damaged = fc
    .tuple(fc.nat(octets.length - 1), fc.nat(255))
    .map(([at, octet]) => octets.with(at, octet))
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 60 }),
        fc.json().map(text => Buffer.from(text)),
        fc.constant(Buffer.from('[null,1e999,1,2,3,4]')),
      ),
      octets => {
        const decoded = decodeEntry(octets)
        if (decoded === undefined) return
        const { source, shared, ...numbers } = decoded
        expect(typeof shared).toBe('boolean')
        expect(['string', 'undefined']).toContain(typeof source)
        for (const number of Object.values(numbers)) {
          expect(number).toBeGreaterThanOrEqual(0)
          expect(number).toBeLessThan(Infinity)
        }
      },
    ),
    { numRuns: 500 },
  )
})
