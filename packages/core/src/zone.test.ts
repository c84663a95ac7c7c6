import { type Name, type ResourceRecord, RrClass, RrType, parseZoneFile, printRecord } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EmptyZoneError, InvalidZoneError } from './errors.ts'
import {
  a,
  apex,
  cname,
  dname,
  mx,
  nameOf,
  ns,
  opaque,
  recordOf,
  txt,
  zoneId,
  zoneWith,
} from './record.test-support.ts'
import { createZone, zoneRecords } from './zone.ts'

const zoneOfText = (text: string): ResourceRecord[] => parseZoneFile(text, { origin: apex, defaultTtl: 300 })
const printed = (text: string): string[] => zoneRecords(createZone(zoneId, zoneOfText(text))).map(printRecord)

// What is wrong with a zone, as owner, type and message; owners relative to the apex.
function problemsOf(records: Iterable<ResourceRecord>): string[] {
  try {
    createZone(zoneId, records)
    return []
  } catch (error) {
    if (!(error instanceof InvalidZoneError)) throw error
    return error.problems.map(({ name, type, message }) => `${relative(name)} ${type}: ${message}`)
  }
}

function relative(name: Name): string {
  return name.equals(apex) ? '@' : name.toString().replace(`.${apex.toString()}`, '')
}

test('records stand in canonical order, whatever their order in the file', () => {
  const text = [
    'b A 192.0.2.2',
    '@ TXT "x"',
    'z.a A 192.0.2.4',
    'a A 192.0.2.9',
    '@ A 192.0.2.1',
    'a A 192.0.2.3',
  ]
  const expected = [
    `${apex.toString()} 300 IN A 192.0.2.1`,
    `${apex.toString()} 300 IN TXT "x"`,
    `a.${apex.toString()} 300 IN A 192.0.2.3`,
    `a.${apex.toString()} 300 IN A 192.0.2.9`,
    `z.a.${apex.toString()} 300 IN A 192.0.2.4`,
    `b.${apex.toString()} 300 IN A 192.0.2.2`,
  ]
  expect(printed(text.join('\n'))).toEqual(expected)
  expect(printed(text.toReversed().join('\n'))).toEqual(expected)
})

test('owner names are kept in lower case, names in rdata as they were written', () => {
  expect(printed('WWW CNAME CDN.Example.NET.')).toEqual([
    `www.${apex.toString()} 300 IN CNAME CDN.Example.NET.`,
  ])
})

test('a record that comes twice is kept once, letter case in its names apart', () => {
  const records = [mx('@', 'Mail'), mx('@', 'MAIL'), mx('@', 'mail'), a('@'), a('@')]
  const expected = zoneWith(...records)
  expect(expected.sets.map(set => set.rdatas.length)).toEqual([1, 1])
  expect(zoneWith(...records.toReversed())).toEqual(expected)
})

test('rdata given as bare octets is the same as rdata given typed', () => {
  const bare = recordOf('@', RrType.A, { kind: 'UNKNOWN', octets: Uint8Array.of(192, 0, 2, 1) })
  expect(zoneWith(bare)).toEqual(zoneWith(a('@')))
  expect(zoneWith(bare, a('@')).sets[0]?.rdatas).toHaveLength(1)
})

test('a zone does not change when what it was made of does', () => {
  const octets = Uint8Array.of(1, 2, 3)
  const zone = zoneWith(opaque('@', octets))
  octets.fill(9)
  expect(zone).toEqual(zoneWith(opaque('@', Uint8Array.of(1, 2, 3))))
})

test('no records make no zone', () => {
  expect(() => createZone(zoneId, [])).toThrow(EmptyZoneError)
})

test('a CNAME may stand at the apex, alone there: a zone needs neither SOA nor NS', () => {
  expect(problemsOf([cname('@', 'site.example.net.'), a('www')])).toEqual([])
})

test('an SOA and NS records at the apex are welcome, as any zone file has them', () => {
  const text = '@ SOA ns1.example.net. hostmaster.example.net. 1 3600 600 1209600 300\n@ NS ns1.example.net.'
  expect(problemsOf(zoneOfText(text))).toEqual([])
})

const OUTSIDE = `the owner name is outside the zone; names end in ${apex.toString()}`
const ONE_CNAME = 'a name that has a CNAME can have no other records (RFC 1034, section 3.6.2)'
const WILDCARD = 'this type has no meaning at a wildcard (RFC 4592, sections 4.2 and 4.4)'

test.each<[string, ResourceRecord[], string[]]>([
  ['a name of another zone', [a('www.example.')], []],
  ['another class', [{ ...a('@'), class: RrClass.CH }], ['@ 1: the class is CH; a zone has class IN only']],
  [
    'a question type',
    [opaque('@', new Uint8Array(), RrType.ANY)],
    ['@ 255: the type is one of questions, not of data'],
  ],
  ['OPT', [opaque('@', new Uint8Array(), RrType.OPT)], ['@ 41: the type is one of questions, not of data']],
  ['type 0', [opaque('@', new Uint8Array(), 0)], ['@ 0: the type is one of questions, not of data']],
  [
    'a negative TTL',
    [a('@', 1, -1)],
    [`@ 1: the TTL -1 is no whole number of seconds from 0 to ${2 ** 31 - 1}`],
  ],
  [
    'a TTL over 31 bits',
    [a('@', 1, 2 ** 31)],
    [`@ 1: the TTL ${2 ** 31} is no whole number of seconds from 0 to ${2 ** 31 - 1}`],
  ],
  [
    'two TTLs in one RRset',
    [a('www', 1, 60), a('www', 2, 300)],
    ['www 1: the records of one RRset have different TTLs (60, 300); give them one'],
  ],
  [
    'two TTLs for one record',
    [a('www', 1, 60), a('www', 1, 300)],
    ['www 1: the records of one RRset have different TTLs (60, 300); give them one'],
  ],
  ['data beside a CNAME', [cname('www', 'x'), a('www')], [`www 1: ${ONE_CNAME}`]],
  ['data beside a CNAME at the apex', [cname('@', 'x.'), a('@')], [`@ 1: ${ONE_CNAME}`]],
  ['two CNAMEs', [cname('www', 'x'), cname('www', 'y')], ['www 5: the name has 2 of them; one is the most']],
  [
    'two DNAMEs',
    [dname('www', 'x.'), dname('www', 'y.')],
    ['www 39: the name has 2 of them; one is the most'],
  ],
  ['NS at a wildcard', [ns('*', 'ns.example.')], [`* 2: ${WILDCARD}`]],
  ['DNAME at a wildcard', [dname('*.a', 'x.')], [`*.a 39: ${WILDCARD}`]],
  [
    'rdata of another type',
    [{ ...a('@'), type: RrType.AAAA }],
    ['@ 28: a record of type AAAA has rdata of A'],
  ],
  ['broken bare octets', [recordOf('@', RrType.A, { kind: 'UNKNOWN', octets: Uint8Array.of(1) })], []],
  ['an SOA below the apex', zoneOfText('www SOA a. b. 1 2 3 4 5'), ['www 6: an SOA stands at the apex only']],
  [
    'two SOAs',
    zoneOfText('@ SOA a. b. 1 2 3 4 5\n@ SOA a. b. 2 2 3 4 5'),
    ['@ 6: the name has 2 of them; one is the most'],
  ],
  [
    'data below a DNAME',
    [dname('old', 'new'), a('new'), a('www.old')],
    [
      'www.old 1: nobody would be given this record: it lies below old, whose DNAME redirects every name below it (RFC 6672, 2.4)',
    ],
  ],
  [
    'data other than addresses below a delegation',
    [ns('sub', 'ns.example.'), txt('a.b.sub', 'x'), a('ns.sub')],
    ['a.b.sub 16: nobody would be given this record: it lies below sub, which is delegated by NS records'],
  ],
  [
    'data at a delegated name',
    [ns('sub', 'ns.example.'), txt('sub', 'x'), a('sub')],
    ['sub 16: nobody would be given this record: the name is delegated by its NS records'],
  ],
  [
    'a name server below the delegation, without an address',
    [ns('sub', 'ns.sub')],
    ['sub 2: the name server ns.sub has no A or AAAA record here; add one as glue'],
  ],
])('%s is refused', (_, records, expected) => {
  const problems = problemsOf(records)
  expect(problems).toHaveLength(1)
  const shortened = problems.map(problem => problem.replaceAll(`.${apex.toString()}`, ''))
  if (expected.length > 0) expect(shortened).toEqual(expected)
})

test('the owner sees every problem at once, in the message too', () => {
  const records = [a('www.example.'), cname('www', 'x'), a('www'), { ...a('@'), class: RrClass.CH }]
  expect(problemsOf(records)).toEqual([
    `www.example. 1: ${OUTSIDE}`,
    '@ 1: the class is CH; a zone has class IN only',
    `www 1: ${ONE_CNAME}`,
  ])
  expect(() => createZone(zoneId, records)).toThrow(
    /^3 problems:\nwww\.example\. A: the owner name is outside/,
  )
})

test.each<[string, ResourceRecord[]]>([
  [
    'a delegation to another key',
    [ns('bob', 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.')],
  ],
  ['a delegation with glue', [ns('sub', 'ns.sub'), a('ns.sub')]],
  ['a delegation to a name server of its own name', [ns('sub', 'sub'), a('sub')]],
  ['a delegation with DS', [ns('sub', 'ns.example.'), ...zoneOfText('sub DS 1 8 2 00')]],
  ['a wildcard CNAME', [cname('*', 'www'), a('www')]],
  ['a DNAME at the apex', [dname('@', 'example.'), txt('@', 'x')]],
  ['TTL 0', [a('@', 1, 0)]],
])('%s is fine', (_, records) => {
  expect(problemsOf(records)).toEqual([])
})

test('more records than a message can count are refused', () => {
  const many = Array.from({ length: 65_536 }, (_, n) => opaque('@', Uint8Array.of(n >> 16, n >> 8, n)))
  expect(problemsOf(many)).toEqual([
    '@ 65280: the zone has 65536 records; 65535 is the most that a DNS message can count',
  ])
})

test('any records make a zone or an INVALID_ZONE', () => {
  const name = fc.constantFrom('@', 'a', 'b', 'c.a', '*.a', '*', 'a.', 'a.example.').map(nameOf)
  const rdata = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map(octets => ({ kind: 'UNKNOWN' as const, octets })),
    name.map(target => ({ kind: 'CNAME' as const, target })),
    name.map(nameServer => ({ kind: 'NS' as const, nameServer })),
  )
  const type = fc.constantFrom(
    RrType.A,
    RrType.NS,
    RrType.CNAME,
    RrType.SOA,
    RrType.TXT,
    RrType.DNAME,
    0,
    255,
    65_280,
  )
  const record = fc.record({
    name,
    type,
    class: fc.constant(RrClass.IN),
    ttl: fc.constantFrom(0, 300),
    rdata,
  })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), records => {
      const problems = problemsOf(records)
      expect(problems.every(problem => problem.length > 0)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
