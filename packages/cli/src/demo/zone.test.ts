import { expect, test } from 'vitest'
import { zoneRecords } from '@signpost/core'
import { zoneOfText } from '../zone/zone-text.ts'
import { withServicePort } from './zone.ts'

test('a service moves to the port that its server has', () => {
  const records = zoneRecords(
    zoneOfText('$TTL 1\n_http._tcp SRV 0 0 8080 www\n_sip._tcp SRV 0 0 5060 www\nwww A 127.0.0.1', 'x'),
  )
  const ports = withServicePort(records, 8080, 40_000).flatMap(({ rdata }) =>
    rdata.kind === 'SRV' ? [rdata.port] : [],
  )
  expect(ports).toEqual([40_000, 5060])
})
