import { type RrSet, RrType, parseZoneFile, printRecord, recordsOf } from '@signpost/dns'
import { expect, test } from 'vitest'
import { type LookupResult, lookup, setsAt } from './lookup.ts'
import { apex, nameOf, zoneId } from './record.test-support.ts'
import { type Zone, createZone } from './zone.ts'

function zoneOfText(text: string): Zone {
  return createZone(zoneId, parseZoneFile(text, { origin: apex, defaultTtl: 3600 }))
}

function typeOf(mnemonic: string): number {
  return RrType[mnemonic as keyof typeof RrType]
}

// A result in one line, with names relative to the apex.
function ask(zone: Zone, question: string): string {
  const [name, mnemonic] = question.split(' ') as [string, string]
  return printResult(lookup(zone, nameOf(name), typeOf(mnemonic)))
    .replaceAll(`.${apex.toString()}`, '')
    .replaceAll(apex.toString(), '@')
}

function print(set: RrSet): string {
  return recordsOf(set)
    .map(record => printRecord(record).replace(` ${record.ttl} IN`, ''))
    .join(', ')
}

function printResult(result: LookupResult): string {
  const { kind } = result
  if (kind === 'answer') return print(result.set)
  if (kind === 'alias') return `alias ${print(result.set)}`
  if (kind === 'redirection') return `${print(result.dname)} -> ${print(result.set)}`
  if (kind === 'delegation')
    return [`cut ${result.cut.toString()}: ${print(result.set)}`, ...result.glue.map(print)].join('; ')
  return kind
}

// RFC 4592, section 2.2.1, with its questions and answers.
const rfc4592 = zoneOfText(`
@                SOA   ns.example.com. hostmaster.example.com. 1 3600 600 86400 300
@                NS    ns.example.com.
@                NS    ns.example.net.
*                TXT   "this is a wildcard"
*                MX    10 host1
sub.*            TXT   "this is not a wildcard"
host1            A     192.0.2.1
_ssh._tcp.host1  SRV   0 0 22 host1
_ssh._tcp.host2  SRV   0 0 22 host2
subdel           NS    ns.example.com.
subdel           NS    ns.example.net.
`)

test.each([
  // "The following responses would be synthesized from one of the wildcards in the zone."
  ['host3 MX', 'host3 MX 10 host1'],
  ['host3 A', 'no-data'],
  ['foo.bar TXT', 'foo.bar TXT "this is a wildcard"'],
  // "The following responses would not be synthesized from any of the wildcards in the zone."
  ['host1 MX', 'no-data'],
  ['sub.* MX', 'no-data'],
  ['_telnet._tcp.host1 SRV', 'no-name'],
  ['host.subdel A', 'cut subdel: subdel NS ns.example.com., subdel NS ns.example.net.'],
  ['ghost.* MX', 'no-name'],
  // The rest of its section 2: empty non-terminals, and the asterisk as a name like any other.
  ['_tcp.host2 A', 'no-data'],
  ['host2 MX', 'no-data'],
  ['* MX', '* MX 10 host1'],
  ['* A', 'no-data'],
  ['sub.* TXT', 'sub.* TXT "this is not a wildcard"'],
  ['a.b.c.d MX', 'a.b.c.d MX 10 host1'],
  ['x._tcp.host2 MX', 'no-name'],
])('RFC 4592, section 2.2.1: %s is %s', (question, answer) => {
  expect(ask(rfc4592, question)).toBe(answer)
})

const zone = zoneOfText(`
@            A      192.0.2.1
@            TXT    "apex"
www          A      192.0.2.2
www          A      192.0.2.3
www          AAAA   2001:db8::2
alias        CNAME  www
away         CNAME  cdn.example.net.
bob          NS     k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.
sub          NS     ns.sub
sub          NS     ns1
sub          NS     ns.example.net.
sub          DS     1 8 2 00ff
ns.sub       A      192.0.2.53
ns.sub       AAAA   2001:db8::53
ns1          A      192.0.2.54
*.apps       CNAME  www
x.apps       TXT    "own"
*.deep.apps  TXT    "deep"
old          DNAME  new.example.net.
old          TXT    "moved"
`)

const SUB =
  'cut sub: sub NS ns.sub, sub NS ns.example.net., sub NS ns1; ns.sub A 192.0.2.53; ns.sub AAAA 2001:db8::53; ns1 A 192.0.2.54'

test.each([
  ['@ A', '@ A 192.0.2.1'],
  ['www A', 'www A 192.0.2.2, www A 192.0.2.3'],
  ['www MX', 'no-data'],
  ['nobody A', 'no-name'],
  ['x.www A', 'no-name'],
  ['www.example. A', 'outside'],
  ['. A', 'outside'],
  // CNAME
  ['alias A', 'alias alias CNAME www'],
  ['alias CNAME', 'alias CNAME www'],
  ['alias ANY', 'alias CNAME www'],
  ['away TXT', 'alias away CNAME cdn.example.net.'],
  ['x.alias A', 'no-name'],
  // Delegation
  ['bob A', 'cut bob: bob NS k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.'],
  ['bob NS', 'cut bob: bob NS k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.'],
  ['a.b.bob ANY', 'cut bob: bob NS k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.'],
  ['bob DS', 'no-data'],
  ['sub DS', 'sub DS 1 8 2 00ff'],
  ['ns.sub DS', SUB],
  ['ns.sub A', SUB],
  // Wildcards
  ['y.apps A', 'alias y.apps CNAME www'],
  ['y.apps CNAME', 'y.apps CNAME www'],
  ['z.y.apps A', 'alias z.y.apps CNAME www'],
  ['x.apps A', 'no-data'],
  ['z.x.apps A', 'no-name'],
  ['apps A', 'no-data'],
  ['deep.apps A', 'no-data'],
  ['z.deep.apps TXT', 'z.deep.apps TXT "deep"'],
  ['z.deep.apps A', 'no-data'],
  // DNAME
  ['old TXT', 'old TXT "moved"'],
  ['old DNAME', 'old DNAME new.example.net.'],
  ['old A', 'no-data'],
  ['a.old A', 'old DNAME new.example.net. -> a.old CNAME a.new.example.net.'],
  ['a.b.old CNAME', 'old DNAME new.example.net. -> a.b.old CNAME a.b.new.example.net.'],
])('%s is %s', (question, answer) => {
  expect(ask(zone, question)).toBe(answer)
})

test('a name is found in any letter case, and the answer has the case of the question', () => {
  expect(lookup(zone, nameOf('WwW'), RrType.A)).toMatchObject({
    kind: 'answer',
    set: { name: nameOf('WwW') },
  })
  const upper = nameOf(`Y.APPS.${apex.toString().toUpperCase()}`)
  expect(lookup(zone, upper, RrType.A)).toMatchObject({ kind: 'alias', set: { name: upper } })
})

test('the TTL of a synthesized CNAME is that of the DNAME', () => {
  const dname = zoneOfText('old 77 DNAME new')
  expect(lookup(dname, nameOf('a.old'), RrType.A)).toMatchObject({ set: { type: RrType.CNAME, ttl: 77 } })
})

test('a name that a DNAME would make longer than 255 octets is too long', () => {
  const long = zoneOfText(`d DNAME ${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(60)}.`)
  const kindOf = (prefix: string): string =>
    lookup(long, nameOf(`${prefix}.${'a'.repeat(61)}.d`), RrType.A).kind
  // The target has 190 octets, the label of 61 letters 62, so that two letters more make 255.
  expect(kindOf('aa')).toBe('redirection')
  expect(kindOf('aaa')).toBe('too-long')
})

test('a DNAME at the apex redirects all below it and leaves the apex alone', () => {
  const moved = zoneOfText('@ DNAME new.example.net.\n@ TXT "x"')
  expect(ask(moved, 'a.b A')).toContain('a.b CNAME a.b.new.example.net.')
  expect(lookup(moved, apex, RrType.TXT).kind).toBe('answer')
})

test('a CNAME at the apex is an alias for every type', () => {
  const site = zoneOfText('@ CNAME site.example.net.\nwww A 192.0.2.1')
  expect(lookup(site, apex, RrType.SOA)).toMatchObject({ kind: 'alias' })
  expect(ask(site, 'www A')).toBe('www A 192.0.2.1')
})

test('NS records at the apex are data, not a delegation', () => {
  const own = zoneOfText('@ NS ns.example.\nwww A 192.0.2.1')
  expect(lookup(own, apex, RrType.NS).kind).toBe('answer')
  expect(ask(own, 'www A')).toBe('www A 192.0.2.1')
  expect(ask(own, 'nobody A')).toBe('no-name')
})

test('a wildcard does not reach below a delegation', () => {
  const wild = zoneOfText('* A 192.0.2.1\nsub NS ns.example.')
  expect(ask(wild, 'x.sub A')).toBe('cut sub: sub NS ns.example.')
  expect(ask(wild, 'x A')).toBe('x A 192.0.2.1')
})

test('ANY gets one of the RRsets, and setsAt has all of them', () => {
  expect(ask(zone, 'www ANY')).toBe('www A 192.0.2.2, www A 192.0.2.3')
  const types = (text: string): number[] => setsAt(zone, nameOf(text)).map(set => set.type)
  expect(types('www')).toEqual([RrType.A, RrType.AAAA])
  expect(types('y.apps')).toEqual([RrType.CNAME])
  expect(setsAt(zone, nameOf('y.apps'))[0]?.name.equals(nameOf('y.apps'))).toBe(true)
  for (const nothing of ['nobody', 'apps', 'bob', 'sub', 'ns.sub', 'a.old', 'www.example.'])
    expect(types(nothing)).toEqual([])
})
