import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resourceRecord } from './arbitraries.test-support.ts'
import { sameRdata } from './canonical-order.ts'
import { recordsOf } from './record.ts'
import { groupIntoSets } from './rr-set.ts'
import { parseZoneFile } from './zone-file/parser.ts'
import { printRecord } from './zone-file/printer.ts'

test('records of one name and type become one set with the lowest TTL, each rdata once', () => {
  const records = parseZoneFile(`
www.example. 300 A 192.0.2.1
example.     300 NS ns1.example.
WWW.example. 200 A 192.0.2.2
www.example. 400 A 192.0.2.1
example.     300 NS NS1.example.
www.example. 300 AAAA 2001:db8::1
`)
  expect(groupIntoSets(records).flatMap(recordsOf).map(printRecord)).toEqual([
    'www.example. 200 IN A 192.0.2.1',
    'www.example. 200 IN A 192.0.2.2',
    'example. 300 IN NS ns1.example.',
    'www.example. 300 IN AAAA 2001:db8::1',
  ])
})

test('every record is in exactly one set, and every set has data', () => {
  fc.assert(
    fc.property(fc.array(resourceRecord, { maxLength: 20 }), records => {
      const sets = groupIntoSets([...records, ...records])
      for (const set of sets) expect(set.rdatas.length).toBeGreaterThan(0)
      for (const record of records) {
        const homes = sets.filter(set => set.type === record.type && set.name.equals(record.name))
        expect(homes.length).toBe(1)
        const same = homes[0]?.rdatas.filter(rdata => sameRdata(record.type, rdata, record.rdata))
        expect(same?.length).toBe(1)
        expect(homes[0]?.ttl).toBeLessThanOrEqual(record.ttl)
      }
    }),
  )
})
