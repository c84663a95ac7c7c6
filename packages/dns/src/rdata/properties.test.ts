import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyName, rdataOf, typedTypes, typeWithRdata } from '../arbitraries.test-support.ts'
import { compareRdata, sameRdata } from '../canonical-order.ts'
import { MalformedMessageError } from '../errors.ts'
import { type ResourceRecord, decodeRecord, encodeRecord, rdataOctets } from '../record.ts'
import { RrClass, printRrType } from '../rr-type.ts'
import { WireReader, WireWriter } from '../wire.ts'
import { parseRdata, printRdata } from './presentation.ts'
import type { Rdata } from './rdata.ts'
import { decodeRdata } from './registry.ts'

const types = [...typedTypes, 65_280].map(type => [printRrType(type), type] as const)
const hex = (type: number, rdata: Rdata): string => Buffer.from(rdataOctets(type, rdata)).toString('hex')

test.each(types)('every %s goes to the wire and back', (_, type) => {
  fc.assert(
    fc.property(rdataOf(type), rdata => {
      const octets = rdataOctets(type, rdata)
      const decoded = decodeRdata(type, new WireReader(octets))
      expect(decoded.kind).toBe(rdata.kind)
      expect(hex(type, decoded)).toBe(hex(type, rdata))
    }),
  )
})

test.each(types)('every %s goes to text and back, as text of its own and as octets', (_, type) => {
  fc.assert(
    fc.property(rdataOf(type), rdata => {
      const text = printRdata(type, rdata)
      expect(text).toMatch(/^[\x20-\x7e]+$/)
      expect(hex(type, parseRdata(type, text))).toBe(hex(type, rdata))
      const generic = printRdata(type, { kind: 'UNKNOWN', octets: rdataOctets(type, rdata) })
      const parsed = parseRdata(type, generic)
      expect(parsed.kind).toBe(rdata.kind)
      expect(hex(type, parsed)).toBe(hex(type, rdata))
    }),
  )
})

test.each(types)('%s of any octets is rdata that survives text and wire, or MALFORMED_MESSAGE', (_, type) => {
  const mutated = fc
    .tuple(
      rdataOf(type),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }),
      fc.integer({ min: -3, max: 3 }),
    )
    .map(([rdata, changes, cut]) => {
      const octets = rdataOctets(type, rdata)
      const changed = new Uint8Array(Math.max(0, octets.length + cut))
      changed.set(octets.subarray(0, changed.length))
      for (const [at, value] of changes) if (changed.length > 0) changed[at % changed.length] = value
      return changed
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), octets => {
      let rdata: Rdata
      try {
        rdata = decodeRdata(type, new WireReader(octets))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
        return
      }
      // Compressed names, and nothing else, may make octets longer or shorter.
      const written = rdataOctets(type, rdata)
      if (written.length === octets.length) expect(Buffer.from(written)).toEqual(Buffer.from(octets))
      else expect(octets.some(octet => octet >= 0xc0)).toBe(true)
      expect(hex(type, decodeRdata(type, new WireReader(written)))).toBe(hex(type, rdata))
      expect(hex(type, parseRdata(type, printRdata(type, rdata)))).toBe(hex(type, rdata))
    }),
    { numRuns: 500 },
  )
})

const encode = (records: readonly ResourceRecord[]): Uint8Array => {
  const writer = new WireWriter()
  for (const record of records) encodeRecord(record, writer)
  return writer.finish()
}

test('names in rdata are read compressed in every type, and written compressed in those of RFC 1035 only', () => {
  const compressing = new Set(['NS', 'CNAME', 'PTR', 'SOA', 'MX'])
  fc.assert(
    fc.property(anyName, typeWithRdata, (name, { type, rdata }) => {
      const record = { name, type, class: RrClass.IN, ttl: 0, rdata }
      const octets = encode([record, record])
      const reader = new WireReader(octets)
      const decoded = [decodeRecord(reader, decodeRdata), decodeRecord(reader, decodeRdata)]
      expect(decoded.map(({ rdata }) => hex(type, rdata))).toEqual([hex(type, rdata), hex(type, rdata)])
      if (compressing.has(printRrType(type))) return
      expect(Buffer.from(octets).indexOf(Buffer.from(rdataOctets(type, rdata)))).not.toBe(-1)
      const written = rdataOctets(type, rdata).length
      const owner = name.isRoot ? 1 : 2
      expect(octets.length).toBe(name.wire.length + owner + 2 * (10 + written))
    }),
  )
})

test('the order of rdata is that of its octets', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...typedTypes).chain(type => fc.tuple(fc.constant(type), rdataOf(type), rdataOf(type))),
      ([type, left, right]) => {
        const forth = compareRdata(type, left, right)
        expect(Math.sign(compareRdata(type, right, left))).toBe(-Math.sign(forth) + 0)
        expect(sameRdata(type, left, left)).toBe(true)
        expect(sameRdata(type, left, right)).toBe(forth === 0)
        if (hex(type, left) === hex(type, right)) expect(forth).toBe(0)
      },
    ),
  )
})
