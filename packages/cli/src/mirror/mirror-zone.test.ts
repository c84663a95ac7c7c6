import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apexOf, zoneRecords } from '@signpost/core'
import {
  type Name,
  type ResourceRecord,
  RrClass,
  parseName,
  parseZoneFile,
  printZoneFile,
} from '@signpost/dns'
import { hostName, rdataOf } from '../../../dns/src/arbitraries.test-support.ts'
import { owner } from '../zones.test-support.ts'
import { Gathering } from './gathering.ts'
import { type Handover, type Mirror, mirrorZone } from './mirror-zone.ts'
import { linesOfLeftOut } from './report.ts'

const { zoneId } = owner(1)
const other = owner(2).zoneId
const apex = apexOf(zoneId)

interface Circumstances {
  readonly domain?: string
  readonly zone?: string
  readonly handovers?: readonly Handover[]
}

/** The mirror of a zone file of the domain, or of the zone that has it. */
function mirrorOf(
  text: string,
  { domain = 'example.com.', zone = domain, handovers = [] }: Circumstances = {},
): Mirror {
  const gathering = new Gathering(parseName(domain))
  const file = `$TTL 300\n${text.replaceAll(/^ +/gm, '')}`
  for (const record of parseZoneFile(file, { origin: parseName(zone) })) gathering.take(record)
  const { records, leftOut } = gathering
  return mirrorZone({ domain: parseName(domain), zoneId, records, leftOut, handovers })
}

/** The records as a zone file without its head, a line each. */
function lines({ zone }: Mirror): string[] {
  const records = zone === undefined ? [] : zoneRecords(zone)
  return records.map(record =>
    printZoneFile([record], { origin: apex }).split('\n')[2]!.replaceAll(/ +/g, ' ').replace(' IN', ''),
  )
}

function reasons({ leftOut }: Mirror): Record<string, number> {
  return Object.fromEntries(leftOut.map(({ reason, count }) => [reason, count]))
}

test('names of the domain move below the zone ID, as owners and in rdata, and others stay', () => {
  const mirror = mirrorOf(`
    @ MX 10 mail
    @ MX 20 mail.example.net.
    WWW CNAME Web.EXAMPLE.com.
    web A 192.0.2.1
    mail A 192.0.2.2
    _sip._tcp SRV 1 2 5060 web
    svc HTTPS 1 web alpn=h2
    elsewhere CNAME notexample.com.
    old DNAME new.example.com.
    * TXT "for all others"`)
  expect(lines(mirror)).toEqual([
    '@ MX 10 mail',
    '@ MX 20 mail.example.net.',
    '* TXT "for all others"',
    '_sip._tcp SRV 1 2 5060 web',
    'elsewhere CNAME notexample.com.',
    'mail A 192.0.2.2',
    'old DNAME new',
    'svc HTTPS 1 web alpn=h2',
    'web A 192.0.2.1',
    'www CNAME Web',
  ])
  expect(mirror.leftOut).toEqual([])
})

test('DNSSEC of the domain is left out, and the SOA', () => {
  const mirror = mirrorOf(`
    @ SOA ns host 1 2 3 4 5
    @ A 192.0.2.1
    @ DNSKEY 257 3 13 AAAA
    @ CDS 1 13 2 ABCD
    @ TYPE51 \\# 5 0100000000
    @ TYPE65534 \\# 1 00
    abc TYPE50 \\# 1 00
    www TYPE47 \\# 1 00
    www A 192.0.2.2`)
  expect(lines(mirror)).toEqual(['@ A 192.0.2.1', 'www A 192.0.2.2'])
  expect(reasons(mirror)).toEqual({ soa: 1, dnssec: 6 })
})

test('a pin of another zone does not get in: whoever wrote it in ordinary DNS would be handed the domain', () => {
  const text = `
    _signpost TXT "zone=${other}"
    www._SIGNPOST TXT "x"
    www.bank.example._witness A 192.0.2.66
    www A 192.0.2.1`
  expect(lines(mirrorOf(text))).toEqual(['www A 192.0.2.1'])
  expect(reasons(mirrorOf(text))).toEqual({ pin: 2, witness: 1 })
})

test('types with names in them that are not read are left out', () => {
  const mirror = mirrorOf('@ TYPE7 \\# 1 00\n@ TYPE21 \\# 3 000100\nwww A 192.0.2.1')
  expect(reasons(mirror)).toEqual({ obsolete: 2 })
})

describe('a delegation to ordinary name servers', () => {
  const text = `
    sub NS ns.sub
    sub NS ns.example.net.
    sub DS 1 13 2 ABCD
    sub TXT "of the child"
    ns.sub A 192.0.2.53
    old.sub A 192.0.2.54
    ns.sub TXT "no glue"
    deep.er.sub NS ns.sub
    www A 192.0.2.1`

  test('stays, with the glue that it needs and nothing else below it', () => {
    const mirror = mirrorOf(text)
    expect(lines(mirror)).toEqual([
      'sub NS ns.sub',
      'sub NS ns.example.net.',
      'sub DS 1 13 2 abcd',
      'ns.sub A 192.0.2.53',
      'www A 192.0.2.1',
    ])
    expect(reasons(mirror)).toEqual({ occluded: 3, glue: 1 })
    expect(mirror.delegated.map(String)).toEqual(['sub.example.com.'])
  })

  test('gives way to a key', () => {
    const handovers = [{ name: parseName('sub.example.com.'), zoneId: other }]
    const mirror = mirrorOf(text, { handovers })
    expect(lines(mirror)).toEqual([`sub NS ${other}.`, 'www A 192.0.2.1'])
    expect(reasons(mirror)).toEqual({ 'handed-over': 8 })
    expect(mirror.delegated).toEqual([])
  })
})

test('names below a DNAME are left out', () => {
  const mirror = mirrorOf('old DNAME new\nold A 192.0.2.1\nx.old A 192.0.2.2\nnew A 192.0.2.3')
  expect(lines(mirror)).toEqual(['new A 192.0.2.3', 'old A 192.0.2.1', 'old DNAME new'])
  expect(reasons(mirror)).toEqual({ occluded: 1 })
})

test('a part of a zone is a mirror of its own: what lies outside of it stays an ordinary name', () => {
  const text = 'shop A 192.0.2.1\nwww.shop CNAME shop\nb.shop CNAME www\nwww A 192.0.2.2'
  const mirror = mirrorOf(text, { domain: 'shop.example.com.', zone: 'example.com.' })
  expect(lines(mirror)).toEqual(['@ A 192.0.2.1', 'b CNAME www.example.com.', 'www CNAME @'])
  expect(reasons(mirror)).toEqual({ outside: 1 })
})

test('records of one RRset with different TTLs get the least', () => {
  const mirror = mirrorOf('www 60 A 192.0.2.1\nwww 300 A 192.0.2.2\nwww 600 AAAA 2001:db8::1')
  expect(lines(mirror)).toEqual(['www A 192.0.2.1', 'www A 192.0.2.2', 'www AAAA 2001:db8::1'])
  expect(mirror.zone?.sets.map(({ ttl }) => ttl)).toEqual([60, 600])
  expect(mirror.uneven).toHaveLength(1)
})

test('a name that gets too long below a zone ID is left out, and one whose rdata does', () => {
  const long = Array.from({ length: 3 }, () => 'x'.repeat(63)).join('.')
  const mirror = mirrorOf(`${long} A 192.0.2.1\nwww CNAME ${long}\nweb A 192.0.2.1`, { domain: 'ex.' })
  expect(lines(mirror)).toEqual(['web A 192.0.2.1'])
  expect(reasons(mirror)).toEqual({ 'too-long': 2 })
})

test('where nothing has a place there is no zone, handed-over labels or not', () => {
  const handovers = [{ name: parseName('sub.example.com.'), zoneId: other }]
  expect(mirrorOf('@ SOA ns host 1 2 3 4 5', { handovers }).zone).toBeUndefined()
})

test('what makes no zone is said with the names of the domain', () => {
  expect(() => mirrorOf('www CNAME a\nwww A 192.0.2.1')).toThrow(
    expect.objectContaining({
      code: 'INVALID_ZONE',
      message: expect.stringMatching(/example\.com\.: www A:/),
    }),
  )
})

test('the owner is told what is left out, and why', () => {
  const { leftOut } = mirrorOf(
    '@ SOA ns host 1 2 3 4 5\na TYPE47 \\# 1 00\nb TYPE47 \\# 1 00\nc TYPE47 \\# 1 00\nd TYPE47 \\# 1 00',
  )
  expect(linesOfLeftOut(leftOut, parseName('example.com.'))).toEqual([
    "left out: 1 record (@ SOA): the signed record's sequence takes the place of the SOA and its serial",
    "left out: 4 records (a NSEC, b NSEC, c NSEC, …): the zone is signed with its own key, so the domain's DNSSEC has nothing to prove in it",
  ])
})

const below: fc.Arbitrary<Name> = hostName
  .filter(name => name.wire.length < 150)
  .map(name => parseName(name.isRoot ? 'example.com.' : `${name.toString()}example.com.`))

test('any records of a domain make a zone whose names are all below its apex, or are said to be left out', () => {
  const records = fc.array(
    fc
      .constantFrom(1, 15, 16, 28, 33, 43, 50, 65)
      .chain(type =>
        fc.record({ name: below, type: fc.constant(type), ttl: fc.nat(1000), rdata: rdataOf(type) }),
      ),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(records, all => {
      const given: ResourceRecord[] = all.map(record => ({ ...record, class: RrClass.IN }))
      const gathering = new Gathering(parseName('example.com.'))
      for (const record of given) gathering.take(record)
      const { records, leftOut } = gathering
      const mirror = mirrorZone({
        domain: parseName('example.com.'),
        zoneId,
        records,
        leftOut,
        handovers: [],
      })
      const zone = mirror.zone === undefined ? [] : zoneRecords(mirror.zone)
      for (const { name } of zone) expect(name.isAtOrBelow(apex)).toBe(true)
      const left = mirror.leftOut.reduce((sum, { count }) => sum + count, 0)
      // A record that comes twice is kept once.
      expect(zone.length + left).toBeLessThanOrEqual(given.length)
      if (left === 0) expect(zone.length > 0).toBe(given.length > 0)
    }),
  )
})
