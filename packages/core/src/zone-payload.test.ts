import {
  type Message,
  type ResourceRecord,
  RrClass,
  RrType,
  decodeMessage,
  encodeMessage,
  parseZoneFile,
} from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedRecordError } from './errors.ts'
import {
  a,
  apex,
  cname,
  mx,
  nameOf,
  opaque,
  otherZoneId,
  sampleZone,
  txt,
  zoneId,
  zoneWith,
} from './record.test-support.ts'
import { createZone, zoneRecords } from './zone.ts'
import { encodeAnswers } from './zone-message.ts'
import { decodeZone, encodeZone } from './zone-payload.ts'

const label = fc.stringMatching(/^[a-cA-C]{1,2}$/)
const owner = fc.oneof(
  fc.constant('@'),
  fc.array(label, { minLength: 1, maxLength: 3 }).map(labels => labels.join('.')),
)
// Owners in two groups, so that no name has a CNAME and other data.
const data = fc.oneof(
  fc.tuple(owner, fc.nat(255)).map(([name, last]) => a(`${name === '@' ? '@' : `d.${name}`}`, last)),
  fc
    .tuple(owner, fc.string({ unit: 'binary-ascii' }))
    .map(([name, text]) => txt(`${name === '@' ? '@' : `d.${name}`}`, text)),
  fc
    .tuple(owner, owner)
    .map(([name, host]) => mx(name === '@' ? '@' : `d.${name}`, host === '@' ? '@' : `H.${host}`)),
  fc
    .tuple(owner, fc.uint8Array({ maxLength: 9 }))
    .map(([name, octets]) => opaque(`d.${name === '@' ? 'x' : name}`, octets)),
)
const alias = fc
  .tuple(owner, owner)
  .map(([name, target]) => cname(`c.${name === '@' ? 'x' : name.toLowerCase()}`, target))
const records = fc
  .tuple(
    fc.array(data, { minLength: 1, maxLength: 12 }),
    fc.uniqueArray(alias, { selector: record => record.name.key, maxLength: 4 }),
  )
  .map(([some, aliases]) => [...some, ...aliases])

test('the octets of a zone are these', () => {
  const hex = Buffer.from(encodeZone(zoneWith(a('WWW', 1, 60), cname('@', 'www')))).toString('hex')
  const zoneName = `3e${Buffer.from(zoneId).toString('hex')}00`
  expect(hex).toBe(
    [
      '0000 8400 0000 0002 0000 0000',
      [zoneName, '0005 0001 0000012c 0006', '03777777', 'c00c'],
      ['03777777', 'c00c', '0001 0001 0000003c 0004', 'c0000201'],
    ]
      .flat()
      .join('')
      .replaceAll(' ', '')
      // The second "www" is a pointer to the first, which is the rdata of the CNAME.
      .replace('03777777c00c00010001', 'c05600010001'),
  )
})

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(records, some => {
      const zone = createZone(zoneId, some)
      expect(decodeZone(zoneId, encodeZone(zone))).toEqual(zone)
    }),
    { numRuns: 300 },
  )
})

test('equal zones give equal octets, in whatever order and letter case of owners their records come', () => {
  const shuffled = records.chain(some =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }), fc.boolean()),
  )
  fc.assert(
    fc.property(shuffled, ([some, other, repeat]) => {
      const upper = other.map(record => ({ ...record, name: nameOf(record.name.toString().toUpperCase()) }))
      const again = createZone(zoneId, repeat ? [...upper, ...some] : upper)
      expect(encodeZone(again)).toEqual(encodeZone(createZone(zoneId, some)))
    }),
    { numRuns: 300 },
  )
})

test('every type of a zone file survives', () => {
  const text = `
@ 3600 SOA ns1.example.net. hostmaster 2026010101 7200 900 1209600 300
@ NS ns1.example.net.
@ A 192.0.2.1
@ AAAA 2001:db8::1
@ MX 10 mail
@ TXT "one" "two"
@ CAA 0 issue "ca.example"
@ HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
_sip._tcp SRV 1 2 5060 sip
_443._tcp TLSA 3 1 1 ${'ab'.repeat(32)}
host SSHFP 4 2 ${'cd'.repeat(32)}
old DNAME new.example.
ptr PTR Some.Host.
x TYPE65280 \\# 4 01020304
`
  const zone = createZone(zoneId, parseZoneFile(text, { origin: apex, defaultTtl: 300 }))
  expect(zoneRecords(zone)).toHaveLength(14)
  expect(decodeZone(zoneId, encodeZone(zone))).toEqual(zone)
})

test('a signer in another language may order, spell and compress in its own way', () => {
  const own = zoneRecords(sampleZone).toReversed()
  const message = decodeMessage(encodeZone(sampleZone))
  const upper = own.map(record => ({ ...record, name: nameOf(record.name.toString().toUpperCase()) }))
  expect(decodeZone(zoneId, encodeMessage({ ...message, answers: [...upper, ...own] }))).toEqual(sampleZone)
})

const plain = decodeMessage(encodeZone(sampleZone))
const [first] = plain.answers as [ResourceRecord]

test.each<[string, Message]>([
  ['a question', { ...plain, questions: [{ name: apex, type: RrType.A, class: RrClass.IN }] }],
  ['an authority record', { ...plain, authorities: [first] }],
  ['an additional record', { ...plain, additionals: [first] }],
  ['EDNS', { ...plain, edns: { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [] } }],
  ['an identifier', { ...plain, id: 1 }],
  ['a query', { ...plain, response: false }],
  ['an answer without authority', { ...plain, authoritative: false }],
  ['an opcode', { ...plain, opcode: 4 }],
  ['an rcode', { ...plain, rcode: 3 }],
  ['TC', { ...plain, truncated: true }],
  ['RD', { ...plain, recursionDesired: true }],
  ['RA', { ...plain, recursionAvailable: true }],
  ['AD', { ...plain, authenticData: true }],
  ['CD', { ...plain, checkingDisabled: true }],
  ['no records', { ...plain, answers: [] }],
  ['a record of another zone', { ...plain, answers: [a(`${otherZoneId}.`)] }],
  ['another class', { ...plain, answers: [{ ...first, class: RrClass.CH }] }],
  ['two TTLs in one RRset', { ...plain, answers: [a('@', 1, 1), a('@', 2, 2)] }],
  ['data beside a CNAME', { ...plain, answers: [cname('a', 'b'), a('a')] }],
])('a payload with %s is refused', (_, message) => {
  expect(() => decodeZone(zoneId, encodeMessage(message))).toThrow(MalformedRecordError)
})

test('octets after the message are refused', () => {
  const octets = encodeZone(sampleZone)
  expect(() => decodeZone(zoneId, Uint8Array.from([...octets, 0]))).toThrow(/1 octets follow/)
})

test('any octets make a zone or a MALFORMED_RECORD', () => {
  const start = encodeZone(sampleZone).slice(0, 12)
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 100 }).map(rest => Uint8Array.from([...start, ...rest])),
  )
  fc.assert(
    fc.property(octets, some => {
      expect(() => decodeZone(zoneId, some)).toThrow(MalformedRecordError)
    }),
    { numRuns: 1000 },
  )
})

test('what is decoded shares no memory with the octets it came from', () => {
  const received = Buffer.from(encodeZone(sampleZone))
  const zone = decodeZone(zoneId, received)
  received.fill(0)
  expect(zone).toEqual(sampleZone)
})

test('a zone that is merely useless in part is read, though its owner would not be let sign it now', () => {
  const useless = {
    ...plain,
    answers: [
      { ...cname('sub', 'x'), type: RrType.NS, rdata: { kind: 'NS', nameServer: nameOf('ns.sub') } as const },
    ],
  }
  const zone = decodeZone(zoneId, encodeMessage(useless))
  expect(zone.sets).toHaveLength(1)
  expect(() => createZone(zoneId, zoneRecords(zone))).toThrow(/add one as glue/)
})

test('rdata that breaks the rules of its type is refused, though other messages may have it', () => {
  const bad = { ...txt('@', ''), rdata: { kind: 'UNKNOWN', octets: new Uint8Array() } } as const
  const octets = encodeAnswers([bad])
  expect(decodeMessage(octets).answers).toHaveLength(1)
  expect(() => decodeZone(zoneId, octets)).toThrow(MalformedRecordError)
})
