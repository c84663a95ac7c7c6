import { type LookupResult, apexOf, lookup } from '@signpost/core'
import { type RrSet, parseName, parseRrType, printRecord, recordsOf } from '@signpost/dns'
import { zoneId } from './keys.ts'
import { zoneOfText } from './records.ts'

/** What a zone says about a name and a type. Names are relative to the zone; records are lines of a zone file. */
export interface LookupVector {
  readonly name: string
  readonly type: string
  readonly outcome: LookupResult['kind']
  /** The RRset: the answer, the CNAME (given or synthesized), or the NS of a delegation. */
  readonly records: readonly string[]
  /** The DNAME from which a CNAME was synthesized. */
  readonly dname?: readonly string[]
  /** Addresses of the name servers of a delegation. */
  readonly glue?: readonly string[]
}

export interface LookupVectors {
  readonly about: string
  readonly zones: readonly {
    readonly name: string
    readonly zoneId: string
    readonly zone: string
    readonly lookups: readonly LookupVector[]
  }[]
}

const RFC_4592 = `@                SOA   ns.example.com. hostmaster.example.com. 1 3600 600 86400 300
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
`

const ALL_OUTCOMES = `@            A      192.0.2.1
@            TXT    "apex"
www          A      192.0.2.2
www          A      192.0.2.3
alias        CNAME  www
away         CNAME  cdn.example.net.
bob          NS     k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.
sub          NS     ns.sub
sub          DS     1 8 2 00ff
ns.sub       A      192.0.2.53
*.apps       CNAME  www
x.apps       TXT    "own"
*.deep.apps  TXT    "deep"
old          DNAME  new.example.net.
long         DNAME  ${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(60)}.
`

const QUESTIONS: readonly [name: string, zone: string, questions: readonly string[]][] = [
  [
    'RFC 4592, section 2.2.1',
    RFC_4592,
    [
      'host3 MX',
      'host3 A',
      'foo.bar TXT',
      'host1 MX',
      'sub.* MX',
      '_telnet._tcp.host1 SRV',
      'host.subdel A',
      'ghost.* MX',
      '_tcp.host2 A',
      'host2 MX',
      '* MX',
      'sub.* TXT',
      'x._tcp.host2 MX',
      '@ NS',
    ],
  ],
  [
    'every outcome',
    ALL_OUTCOMES,
    [
      '@ A',
      '@ MX',
      'www A',
      'www TXT',
      'nobody A',
      'x.www A',
      'WWW A',
      'www.example. A',
      '. NS',
      'alias A',
      'alias CNAME',
      'away TXT',
      'x.alias A',
      'bob A',
      'bob NS',
      'a.b.bob TXT',
      'bob DS',
      'sub DS',
      'ns.sub A',
      'x.sub AAAA',
      'y.apps A',
      'y.apps CNAME',
      'z.y.apps A',
      'x.apps A',
      'x.apps TXT',
      'z.x.apps A',
      'apps A',
      'deep.apps A',
      'z.deep.apps TXT',
      'old A',
      'old DNAME',
      'a.old A',
      'a.b.old CNAME',
      `aa.${'a'.repeat(61)}.long A`,
      `aaa.${'a'.repeat(61)}.long A`,
    ],
  ],
]

export function lookupVectors(): LookupVectors {
  const apex = apexOf(zoneId)
  const zones = QUESTIONS.map(([name, text, questions]) => {
    const zone = zoneOfText(text)
    const lookups = questions.map(question => {
      const [owner, type] = question.split(' ') as [string, string]
      const result = lookup(zone, owner === '@' ? apex : parseName(owner, apex), parseRrType(type)!)
      return { name: owner, type, ...print(result) }
    })
    return { name, zoneId, zone: text, lookups }
  })
  return { about: 'What a zone answers (RFC 1034, section 4.3.2; RFC 4592; RFC 6672).', zones }
}

function lines(set: RrSet): string[] {
  return recordsOf(set).map(printRecord)
}

function print(result: LookupResult): Omit<LookupVector, 'name' | 'type'> {
  const records = 'set' in result ? lines(result.set) : []
  const common = { outcome: result.kind, records }
  if (result.kind === 'delegation') return { ...common, glue: result.glue.flatMap(lines) }
  return 'dname' in result ? { ...common, dname: lines(result.dname) } : common
}
