import { type ResourceRecord, RrClass, RrType, parseName, parseZoneFile, rdataOctets } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Found, fromUpstream } from '../../outcome.ts'
import { decodeEntry, encodeEntry } from './entry-codec.ts'

const WWW = `0 1 ${parseName('www.example.').key}`
const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => parseName(`${labels.join('.')}.`))
const record: fc.Arbitrary<ResourceRecord> = fc
  .tuple(name, fc.integer({ min: 0, max: 2 ** 31 - 1 }), name, fc.uint8Array({ maxLength: 40 }))
  .chain(([owner, ttl, target, octets]) =>
    fc
      .constantFrom<Pick<ResourceRecord, 'type' | 'rdata'>>(
        { type: RrType.A, rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, octets.length) } },
        { type: RrType.CNAME, rdata: { kind: 'CNAME', target } },
        { type: 65_400, rdata: { kind: 'UNKNOWN', octets } },
      )
      .map(data => ({ name: owner, ttl, class: RrClass.IN, ...data })),
  )
const records = fc.array(record, { maxLength: 8 })
const found: fc.Arbitrary<Found> = fc.record({
  kind: fc.constantFrom('answer', 'no-data', 'no-name'),
  answers: records,
  authorities: records,
  provenance: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(origin => ({ ...fromUpstream, origin })),
  age: fc.constant(0),
})
const stored = fc.record({
  found,
  storedAt: fc.integer({ min: 0, max: 2 ** 45 }),
})
const key = fc
  .tuple(fc.nat(3), fc.nat(65_535), name)
  .map(([flags, type, { key }]) => `${flags} ${type} ${key}`)

/** Comparable: names and octets as they are on the wire. */
function wire(found: Found): unknown {
  return { ...found, answers: found.answers.map(octetsOf), authorities: found.authorities.map(octetsOf) }
}

function octetsOf(record: ResourceRecord): string {
  const { name, ttl, type, rdata } = record
  return `${Buffer.from(name.wire).toString('hex')} ${ttl} ${type} ${Buffer.from(rdataOctets(type, rdata)).toString('hex')}`
}

test('what is encoded comes back as it was', () => {
  fc.assert(
    fc.property(key, stored, (key, { found, storedAt }) => {
      const back = decodeEntry(key, encodeEntry(key, { found, storedAt }))
      expect(back).toMatchObject({ storedAt })
      expect(wire(back!.found)).toEqual(wire(found))
    }),
  )
})

test('an age is taken out of the TTLs, so that nothing lives longer for having been kept', () => {
  const answers = parseZoneFile('www.example. 300 IN A 192.0.2.1\n')
  const aged: Found = { kind: 'answer', answers, authorities: [], provenance: fromUpstream, age: 100 }
  const back = decodeEntry(WWW, encodeEntry(WWW, { found: aged, storedAt: 1 }))
  expect(back?.found).toMatchObject({ age: 0, answers: [{ ttl: 200 }] })
})

test('whatever the disk does to an answer, it is not taken for another one', () => {
  fc.assert(
    fc.property(key, stored, fc.nat(), fc.integer({ min: 1, max: 255 }), (key, entry, at, change) => {
      const octets = encodeEntry(key, entry)
      const flipped = Uint8Array.from(octets)
      flipped[at % octets.length]! ^= change
      expect(decodeEntry(key, flipped)).toBeUndefined()
      expect(decodeEntry(key, octets.subarray(0, at % octets.length))).toBeUndefined()
      expect(decodeEntry(`${key}x`, octets)).toBeUndefined()
    }),
  )
})

test('any octets are either refused or an upstream’s word, without an error', () => {
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 200 }), (key, octets) => {
      const back = decodeEntry(key, octets)
      expect(back?.found.provenance ?? fromUpstream).toMatchObject(fromUpstream)
    }),
  )
})
