import { type Edns, type Message, type ResourceRecord, Rcode, decodeMessage, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { TABLE, encodeReply, replyLimit, replyTo } from './answer.ts'
import { explanations, lines, plainEdns, queryFor } from './asking.test-support.ts'
import { type Found, type Outcome, type OutcomeKind, fromGateway, fromUpstream } from './outcome.ts'
import { localSoa } from './soa.ts'
import { idOf } from './zones.test-support.ts'

const PAYLOAD = 1232
const fromZone = { source: 'zone', verified: true, stale: false, zones: [idOf(1)] } as const
const stale = { ...fromZone, stale: true } as const
const address: ResourceRecord = {
  name: parseName('www.example.'),
  type: 1,
  class: 1,
  ttl: 300,
  rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) },
}
const soa = localSoa(parseName('example.'), 60)
const answer: Found = { kind: 'answer', answers: [address], authorities: [], provenance: fromZone, age: 0 }
const noData: Found = { kind: 'no-data', answers: [], authorities: [soa], provenance: fromZone, age: 0 }
const noName: Found = { ...noData, kind: 'no-name' }

interface Row {
  readonly outcome: Outcome
  readonly rcode: number
  /** In the order AA, AD. */
  readonly flags: string
  readonly answers?: readonly string[]
  readonly authorities?: readonly string[]
  readonly explanations?: readonly string[]
  readonly truncated?: true
}

const A = 'www.example. 300 IN A 192.0.2.1'
const SOA = 'example. 60 IN SOA example. nobody.invalid. 1 3600 1200 604800 60'
const refusal = { kind: 'refused', extendedError: { infoCode: 20, text: 'no upstream' } } as const

const rows: Record<string, Row> = {
  'an answer from a signed zone': { outcome: answer, rcode: Rcode.NOERROR, flags: 'AA AD', answers: [A] },
  'an answer from an upstream': {
    outcome: { ...answer, provenance: fromUpstream },
    rcode: Rcode.NOERROR,
    flags: '',
    answers: [A],
  },
  'an answer that an upstream finished': {
    outcome: { ...answer, provenance: { ...fromZone, verified: false } },
    rcode: Rcode.NOERROR,
    flags: 'AA',
    answers: [A],
  },
  'an answer of the gateway itself': {
    outcome: { ...answer, provenance: fromGateway },
    rcode: Rcode.NOERROR,
    flags: '',
    answers: [A],
  },
  'no such type': { outcome: noData, rcode: Rcode.NOERROR, flags: 'AA AD', authorities: [SOA] },
  'no such name': { outcome: noName, rcode: Rcode.NXDOMAIN, flags: 'AA AD', authorities: [SOA] },
  'no such name, with a reason': {
    outcome: { ...noName, note: 'the zone is retired' },
    rcode: Rcode.NXDOMAIN,
    flags: 'AA AD',
    authorities: [SOA],
    explanations: ['0 the zone is retired'],
  },
  'an answer from a stale copy': {
    outcome: { ...answer, provenance: stale },
    rcode: Rcode.NOERROR,
    flags: 'AA AD',
    answers: ['www.example. 30 IN A 192.0.2.1'],
    explanations: ['3 the newest copy that could be found is past its TTL'],
  },
  'an answer from a stale copy with less than 30 s left': {
    outcome: { ...answer, answers: [{ ...address, ttl: 5 }], provenance: stale },
    rcode: Rcode.NOERROR,
    flags: 'AA AD',
    answers: ['www.example. 5 IN A 192.0.2.1'],
    explanations: ['3 the newest copy that could be found is past its TTL'],
  },
  'a denial from a stale copy': {
    outcome: { ...noName, provenance: stale },
    rcode: Rcode.NXDOMAIN,
    flags: 'AA AD',
    authorities: [SOA.replace(' 60 ', ' 30 ')],
    explanations: ['19 the newest copy that could be found is past its TTL'],
  },
  absent: failure('absent', Rcode.SERVFAIL, 22),
  invalid: failure('invalid', Rcode.SERVFAIL, 6),
  expired: failure('expired', Rcode.SERVFAIL, 7),
  'a record without a zone': failure('no-zone', Rcode.SERVFAIL, 24),
  'aliases in a circle': failure('loop', Rcode.SERVFAIL, 0),
  'a name that is too long': failure('too-long', Rcode.YXDOMAIN, 0),
  'upstreams that fail': failure('upstream-failed', Rcode.SERVFAIL, 23),
  slow: failure('too-slow', Rcode.SERVFAIL, 22),
  overload: failure('overloaded', Rcode.SERVFAIL, 14),
  'an error in the program': failure('failed', Rcode.SERVFAIL, 0),
  'an upstream that says why it fails': {
    outcome: {
      kind: 'upstream-failed',
      text: 'it answered SERVFAIL',
      extendedErrors: [{ infoCode: 9, text: 'no DNSKEY' }],
    },
    rcode: Rcode.SERVFAIL,
    flags: '',
    explanations: ['23 it answered SERVFAIL', '9 no DNSKEY'],
  },
  malformed: { outcome: { kind: 'malformed' }, rcode: Rcode.FORMERR, flags: '' },
  'not implemented': { outcome: { kind: 'not-implemented' }, rcode: Rcode.NOTIMP, flags: '' },
  'an EDNS version from the future': { outcome: { kind: 'bad-version' }, rcode: Rcode.BADVERS, flags: '' },
  'a client that needs a cookie': { outcome: { kind: 'bad-cookie' }, rcode: Rcode.BADCOOKIE, flags: '' },
  'a client that needs another transport': {
    outcome: { kind: 'over-tcp' },
    rcode: Rcode.NOERROR,
    flags: '',
    truncated: true,
  },
  'a client that asks too much': {
    outcome: { ...refusal, kind: 'over-limit' },
    rcode: Rcode.REFUSED,
    flags: '',
    explanations: ['20 no upstream'],
  },
  'an answer that is held back': {
    outcome: { kind: 'filtered', extendedError: { infoCode: 17, text: 'a private address' } },
    rcode: Rcode.NOERROR,
    flags: '',
    explanations: ['17 a private address'],
  },
  'what would go out if silence had to be broken': {
    outcome: { kind: 'dropped' },
    rcode: Rcode.REFUSED,
    flags: '',
  },
  refused: { outcome: refusal, rcode: Rcode.REFUSED, flags: '', explanations: ['20 no upstream'] },
}

function failure(kind: Exclude<OutcomeKind, Found['kind']>, rcode: number, infoCode: number): Row {
  const outcome = { kind, text: 'because' } as Outcome
  return { outcome, rcode, flags: '', explanations: [`${infoCode} because`] }
}

test.each(Object.entries(rows))('on the wire: %s', (_, row) => {
  const asked = queryFor('www.example', 'A', { authenticData: true })
  const reply = decodeMessage(encodeReply(replyTo(asked, row.outcome, PAYLOAD), PAYLOAD))
  expect(reply).toMatchObject({ id: asked.id, response: true, opcode: 0, rcode: row.rcode })
  expect(reply).toMatchObject({ recursionDesired: true, recursionAvailable: true })
  expect(reply.truncated).toBe(row.truncated ?? false)
  expect(flagsOf(reply)).toBe(row.flags)
  expect(reply.questions.map(question => question.name.toString())).toEqual(['www.example.'])
  expect(lines(reply.answers)).toEqual(row.answers ?? [])
  expect(lines(reply.authorities)).toEqual(row.authorities ?? [])
  expect(explanations(reply)).toEqual(row.explanations ?? [])
  expect(reply.edns).toMatchObject({ payloadSize: PAYLOAD, version: 0, dnssecOk: false, flags: 0 })
})

test('every kind of outcome has a row above', () => {
  const tested = new Set(Object.values(rows).map(row => row.outcome.kind))
  expect([...tested].toSorted()).toEqual(Object.keys(TABLE).toSorted())
})

function flagsOf(reply: Message): string {
  return [reply.authoritative ? 'AA' : '', reply.authenticData ? 'AD' : ''].filter(Boolean).join(' ')
}

function adFor(changes: Partial<Message>): boolean {
  return replyTo(queryFor('www.example', 'A', changes), answer, PAYLOAD).authenticData
}

test('AD goes to clients that set AD or DO, and to nobody else', () => {
  expect(adFor({})).toBe(false)
  expect(adFor({ authenticData: true })).toBe(true)
  expect(adFor({ edns: { ...plainEdns, dnssecOk: true } })).toBe(true)
})

test('a query without EDNS gets a reply without, and no explanation', () => {
  const { edns: _, ...asked } = queryFor('www.example')
  for (const { outcome, rcode } of Object.values(rows)) {
    const reply = replyTo(asked, outcome, PAYLOAD)
    expect(reply.edns).toBeUndefined()
    expect(reply.rcode).toBe(rcode > 15 ? Rcode.SERVFAIL : rcode)
  }
})

test('DO and CD come back as they were asked, options and other flags do not', () => {
  const edns: Edns = {
    ...plainEdns,
    dnssecOk: true,
    flags: 0x11,
    options: [{ code: 3, data: new Uint8Array() }],
  }
  const reply = replyTo(queryFor('www.example', 'A', { edns, checkingDisabled: true }), answer, PAYLOAD)
  expect(reply.edns).toEqual({ payloadSize: PAYLOAD, version: 0, dnssecOk: true, flags: 0, options: [] })
  expect(reply.checkingDisabled).toBe(true)
})

test('the owner comes back with the letters of the question, whatever letters the answer had', () => {
  const reply = replyTo(queryFor('wWw.ExAmPlE'), answer, PAYLOAD)
  expect(lines(reply.answers)).toEqual(['wWw.ExAmPlE. 300 IN A 192.0.2.1'])
  expect(reply.questions[0]?.name.toString()).toBe('wWw.ExAmPlE.')
})

test('TTLs are less by the age of the outcome, and never below zero', () => {
  expect(replyTo(queryFor('www.example'), { ...answer, age: 100 }, PAYLOAD).answers[0]?.ttl).toBe(200)
  expect(replyTo(queryFor('www.example'), { ...answer, age: 301 }, PAYLOAD).answers[0]?.ttl).toBe(0)
})

test('what a reply may have of octets depends on transport and EDNS', () => {
  const asked = queryFor('www.example')
  const { edns: _, ...classic } = asked
  const offering = (payloadSize: number): Message => ({ ...asked, edns: { ...plainEdns, payloadSize } })
  expect(replyLimit(classic, 'udp', 1232)).toBe(512)
  expect(replyLimit(offering(4096), 'udp', 1232)).toBe(1232)
  expect(replyLimit(offering(900), 'udp', 1232)).toBe(900)
  expect(replyLimit(offering(0), 'udp', 1232)).toBe(512)
  expect(replyLimit(classic, 'tcp', 1232)).toBe(65_535)
})

test('a padded reply of any length fills whole blocks of 468 octets, and no more of them than it must', () => {
  const lengths = new Set<number>()
  for (let further = 1; further <= 400; further++) {
    const note = 'x'.repeat(further)
    const answers = [address, address, address]
    const reply = replyTo(queryFor('www.example'), { ...answer, answers, note }, PAYLOAD)
    const padded = encodeReply(reply, 65_535, true)
    lengths.add(padded.length)
    expect(padded.length - encodeReply(reply, 65_535).length).toBeLessThan(468 + 4)
    const decoded = decodeMessage(padded)
    expect(explanations(decoded)).toEqual([`0 ${note}`])
    expect(decoded.edns?.options.at(-1)?.data.every(octet => octet === 0)).toBe(true)
  }
  expect([...lengths]).toEqual([468, 936])
})

test('a reply without EDNS, and one that has no room left, is not padded', () => {
  const { edns: _, ...classic } = queryFor('www.example')
  const bare = replyTo(classic, answer, PAYLOAD)
  expect(encodeReply(bare, 65_535, true)).toEqual(encodeReply(bare, 65_535))
  const reply = replyTo(queryFor('www.example'), answer, PAYLOAD)
  const { length } = encodeReply(reply, 65_535)
  expect(encodeReply(reply, length + 3, true)).toHaveLength(length)
  expect(encodeReply(reply, length + 4, true)).toHaveLength(length + 4)
  expect(encodeReply(reply, length + 9, true)).toHaveLength(length + 9)
})

test('an answer that does not fit goes out empty with TC; one that only its explanation makes too big, without that', () => {
  const answers = Array.from({ length: 40 }, (_, n) => ({
    ...address,
    rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, n) } as const,
  }))
  const reply = replyTo(queryFor('www.example'), { ...answer, answers, note: 'x'.repeat(100) }, PAYLOAD)
  const whole = encodeReply(reply, 1232)
  expect(decodeMessage(whole).answers).toHaveLength(40)
  const unexplained = decodeMessage(encodeReply(reply, whole.length - 1))
  expect(unexplained.answers).toHaveLength(40)
  expect(explanations(unexplained)).toEqual([])
  const cookie = { code: 10, data: new Uint8Array(24) }
  const long = replyTo(queryFor('www.example'), { ...answer, note: 'x'.repeat(400) }, PAYLOAD, [cookie])
  expect(decodeMessage(encodeReply(long, 300)).edns?.options).toEqual([cookie])
  const cut = encodeReply(reply, 512)
  expect(cut.length).toBeLessThanOrEqual(512)
  expect(decodeMessage(cut)).toMatchObject({ truncated: true, answers: [] })
})
