import { expect, test } from 'vitest'
import type { Case, QueryDescription } from './case.ts'
import { type Circumstances, judge } from './judge.ts'
import { concat, nameOctets, nameText, octetsOf } from './notation.ts'
import { writeQuery } from './query.ts'

const ORIGIN = 'zone.example.'
const AT: Circumstances = { origin: ORIGIN, role: 'resolver', transport: 'udp' }
const ANSWER = 'c00c 0001 0001 0000012c 0004 c0000201'
const OPT = '00 0029 04d0 00000000 0000'

/** What the judge says to a reply, which is written as in cases. */
function complaints(
  reply: string,
  options: { query?: QueryDescription; wanted?: Partial<Case>; at?: Partial<Circumstances> } = {},
): string[] {
  const one: Case = {
    name: 'a case',
    source: 'RFC 1035',
    roles: ['resolver'],
    over: ['udp'],
    queries: [],
    reply: [{ rcode: ['NOERROR'], answer: ['www 300 A 192.0.2.1'] }],
    deviates: {},
    ...options.wanted,
  }
  const query = writeQuery(options.query ?? {}, ORIGIN, 7)
  return judge(one, query, octetsOf(reply, ORIGIN, 7), { ...AT, ...options.at })
}

const GOOD = `ID 8180 0001 0001 0000 0000 <www> 0001 0001 ${ANSWER}`

test('a reply that is as it must be has no complaint', () => {
  expect(complaints(GOOD)).toEqual([])
  expect(
    complaints(`ID 8180 0001 0001 0000 0001 <www> 0001 0001 ${ANSWER} ${OPT}`, { query: { edns: {} } }),
  ).toEqual([])
})

test.each([
  ['the identifier is 8', GOOD.replace('ID', '0008')],
  ['QR is clear', GOOD.replace('8180', '0180')],
  ['the opcode is 1', GOOD.replace('8180', '8980')],
  ['RD is another', GOOD.replace('8180', '8080')],
  ['Z is set', GOOD.replace('8180', '81c0')],
  ['CD is another', GOOD.replace('8180', '8190')],
  ['AA is set', GOOD.replace('8180', '8580')],
  ['RA is clear', GOOD.replace('8180', '8100')],
  ['TC is set', GOOD.replace('8180', '8380')],
  ['the rcode is SERVFAIL', GOOD.replace('8180', '8182')],
  ['the question is another', GOOD.replace('<www>', '<WWW>')],
  ['there is OPT where none was sent', `ID 8180 0001 0001 0000 0001 <www> 0001 0001 ${ANSWER} ${OPT}`],
  ['the answer section has no www.zone.example. A 192.0.2.1', GOOD.replace('c0000201', 'c0000202')],
  ['the answer section has www.zone.example. A 192.0.2.2', GOOD.replace('c0000201', 'c0000202')],
  ['the TTL of www.zone.example. A 192.0.2.1 is 301', GOOD.replace('012c', '012d')],
  ['the TTL of www.zone.example. A 192.0.2.1 is 3', GOOD.replace('012c', '0003')],
  [
    'there is www.zone.example. A c0000201 twice',
    `ID 8180 0001 0002 0000 0000 <www> 0001 0001 ${ANSWER} ${ANSWER}`,
  ],
  ['there is no SOA', 'ID 8183 0001 0000 0000 0000 <www> 0001 0001'],
  ['the reply is broken: 1 octets follow', `${GOOD} 00`],
  ['the reply is broken: a compression pointer does not point backwards', GOOD.replace('c00c', 'c0ff')],
  ['the reply is broken: the message ends', GOOD.replace('0001 0001 0000 0000', '0001 0002 0000 0000')],
])('it is said that %s', (complaint, reply) => {
  expect(complaints(reply).join('\n')).toContain(complaint)
})

function withOpt(opt: string): string {
  return `ID 8180 0001 0001 0000 0001 <www> 0001 0001 ${ANSWER} ${opt}`
}

test('what EDNS must be is looked at where it was asked for', () => {
  const query = { edns: { do: true } }
  expect(complaints(withOpt(OPT), { query })).toEqual([expect.stringContaining('DO is another')])
  expect(complaints(withOpt('00 0029 04d0 00018001 0000'), { query })).toEqual([
    expect.stringContaining('the EDNS version is 1'),
    expect.stringContaining('the EDNS flags are 8001'),
  ])
  expect(complaints(GOOD, { query })).toEqual([expect.stringContaining('there is no OPT')])
})

test('a chain that comes out of order, and a denial that is kept for too long, are seen', () => {
  const chain = `${ANSWER.replace('c00c', '<b>')} c00c 0005 0001 0000012c 0013 01 62 04 7a6f6e65 07 6578616d706c65 00`
  const wanted = { reply: [{ rcode: ['NOERROR', 'NXDOMAIN'] }] }
  expect(
    complaints(`ID 8180 0001 0002 0000 0000 <www> 0001 0001 ${chain.replace('0013', '0010')}`, { wanted }),
  ).toEqual([expect.stringContaining('b.zone.example. stands where www.zone.example. is looked for')])
  const soa = '<@> 0006 0001 0000012c 0016 00 00 00000001 00000e10 00000258 00015180 00000078'
  expect(complaints(`ID 8183 0001 0000 0001 0000 <www> 0001 0001 ${soa}`, { wanted })).toEqual([
    expect.stringContaining('the SOA has TTL 300 and minimum 120'),
  ])
})

test('of several replies that may be, the nearest one is what is complained about', () => {
  const reply = [
    { rcode: ['REFUSED'], answer: [] },
    { rcode: ['NOERROR'], clear: ['RA' as const] },
  ]
  expect(complaints(GOOD, { wanted: { reply } })).toEqual(['RA is set'])
})

test('silence is wanted or not', () => {
  const query = writeQuery({}, ORIGIN, 7)
  const silent = { name: '', source: '', roles: [], over: [], queries: [], deviates: {} }
  expect(judge({ ...silent, reply: 'none' }, query, undefined, AT)).toEqual([])
  expect(judge({ ...silent, reply: [] }, query, undefined, AT)).toEqual(['there was no reply'])
  expect(complaints(GOOD, { wanted: { reply: 'none' } })).toEqual(['there was a reply'])
})

test('names are written as in zone files', () => {
  expect(nameOctets('a\\.b.\\000', ORIGIN)).toEqual(
    concat([Uint8Array.of(3, 0x61, 0x2e, 0x62, 1, 0), nameOctets(ORIGIN, '.')]),
  )
  expect(nameText(nameOctets('a\\.b.\\000\\255', ORIGIN))).toBe('a\\.b.\\000\\255.zone.example.')
  for (const length of [30, 80, 81, 82, 83, 254, 255, 256, 1000])
    expect(nameOctets(`fill:${length}:www`, ORIGIN)).toHaveLength(length)
})
