import { parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { apex, sampleZone, zoneId } from './record.test-support.ts'
import { soaOf } from './soa.ts'
import { createZone } from './zone.ts'

test('a zone without an SOA gets one whose serial is the sequence', () => {
  expect(soaOf(sampleZone, 42)).toMatchObject({
    name: apex,
    ttl: 300,
    rdatas: [{ kind: 'SOA', primary: apex, serial: 42, minimum: 300 }],
  })
})

test('the serial of a sequence over 32 bits wraps', () => {
  expect(soaOf(sampleZone, 2 ** 32 + 5).rdatas).toMatchObject([{ serial: 5 }])
})

test("the zone's own SOA is used as it is", () => {
  const text = '@ 60 SOA ns.example. host.example. 7 1 2 3 4\n@ A 192.0.2.1'
  const zone = createZone(zoneId, parseZoneFile(text, { origin: apex, defaultTtl: 300 }))
  expect(soaOf(zone, 42)).toMatchObject({ ttl: 60, rdatas: [{ serial: 7, minimum: 4 }] })
})
