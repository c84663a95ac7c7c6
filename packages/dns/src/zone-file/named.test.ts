import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyName, hostName, rdataOf, typedTypes } from '../arbitraries.test-support.ts'
import { hasTool } from '../debian-tool.test-support.ts'
import { parseName } from '../name.ts'
import type { Rdata } from '../rdata/rdata.ts'
import { printRdata } from '../rdata/presentation.ts'
import type { ResourceRecord } from '../record.ts'
import { RrClass, RrType, printRrType } from '../rr-type.ts'
import { compileZone, linesOf } from './named.test-support.ts'
import { parseZoneFile } from './parser.ts'
import { printZoneFile } from './printer.ts'

const missing = !hasTool(['sh', '-c', 'command -v named-compilezone'], 'bind9-utils')
const apex = '@ SOA ns.test. hostmaster.test. 1 2h 15m 2w 5m\n@ NS ns.test.\n'

/** The records as named reads them, and as all other ways between the two programs give them. */
function readings(files: Readonly<Record<string, string>>): { named: readonly string[]; others: unknown } {
  const origin = parseName('example.')
  const records = parseZoneFile(files['zone'] ?? '', { origin, include: path => files[path] ?? '' })
  const theirs = compileZone('example.', files)
  const others = {
    ours: linesOf(records),
    oursOfTheirFull: linesOf(parseZoneFile(theirs.full)),
    oursOfTheirRelative: linesOf(parseZoneFile(theirs.relative)),
    theirsOfOurAbsolute: compileZone('example.', { zone: printZoneFile(records) }).records,
    theirsOfOurRelative: compileZone('example.', { zone: printZoneFile(records, { origin }) }).records,
  }
  return { named: theirs.records, others }
}

const agreed = (named: readonly string[]): unknown => ({
  ours: named,
  oursOfTheirFull: named,
  oursOfTheirRelative: named,
  theirsOfOurAbsolute: named,
  theirsOfOurRelative: named,
})

test.skipIf(missing).each<[what: string, zone: string, files?: Record<string, string>]>([
  [
    'class and TTL in either order',
    `$TTL 60\n${apex}a 1h IN A 192.0.2.1\nb IN 1h A 192.0.2.1\nc 5 A 192.0.2.1\n`,
  ],
  ['TTL units', `$TTL 1w2d3h4m5s\n${apex}a A 192.0.2.1\nb 1H30M A 192.0.2.1\nc 0 A 192.0.2.1\n`],
  ['the TTL of the record before', `@ 9 SOA a b 1 2 3 4 5\n@ NS b.test.\na 7 A 192.0.2.1\nb A 192.0.2.1\n`],
  [
    '$TTL over the TTL of the record before',
    `$TTL 60\n${apex}a 7 A 192.0.2.1\nb A 192.0.2.1\n$TTL 8\nc A 192.0.2.1\n`,
  ],
  [
    'parentheses',
    `$TTL 60\n${apex}a ( ( MX\n 10 ; x (\n b ) )\n( c A\n192.0.2.1 )\nd (A)192.0.2.1\n ( AAAA ::1 )\n`,
  ],
  [
    'owners left out',
    `$TTL 60\n${apex}a A 192.0.2.1\n\n ; c\n\t\n A 192.0.2.2\n$ORIGIN sub.example.\n TXT x\n`,
  ],
  [
    'origins',
    `$TTL 60\n${apex}$ORIGIN sub\na CNAME @\n@ NS x\n$ORIGIN deep\nb NS c\n$origin example.\nc NS d\n`,
  ],
  [
    'escapes',
    String.raw`$TTL 60
${apex}a\.b A 192.0.2.1
\@ A 192.0.2.1
x\032\200\; A 192.0.2.1
\$y A 192.0.2.1
* A 192.0.2.1
t TXT a\"b "c\"d\\" \;\( "\001\255" e"f"g "h""i" "" \a
300 A 192.0.2.1
`,
  ],
  ['names like types', `$TTL 60\n${apex}IN IN A 192.0.2.1\nA A 192.0.2.1\n1h NS MX\nTXT TXT TXT\n`],
  ['line ends', `$TTL 60\r\n${apex.replaceAll('\n', '\r\n')}a A 192.0.2.1\r\nb A 192.0.2.1`],
  ['UTF-8 in strings', `$TTL 60\n${apex}a TXT "grüße €" ü\n`],
  [
    'included files',
    `$TTL 60\n${apex}a A 192.0.2.1\n$INCLUDE one sub\n TXT a\n$INCLUDE two\nb A 192.0.2.3\n`,
    { one: '@ A 192.0.2.4\n$ORIGIN x.example.\ny A 192.0.2.5\n$TTL 8\n', two: 'c A 192.0.2.6\n' },
  ],
  [
    'unknown types',
    String.raw`$TTL 60
${apex}a TYPE65280 \# 4 0a00 0001
b CLASS1 TYPE1 \# 4 c0000201
c A \# 4 C0000201
d TYPE65281 \# 0
`,
  ],
  [
    'IPv6 in all forms',
    `$TTL 60\n${apex}${[
      '::',
      '::1',
      '1::',
      'ABCD:EF01:2345:6789:ABCD:EF01:2345:6789',
      '1:0:0:2::3',
      '::ffff:192.0.2.1',
      '::192.0.2.1',
      '1:2:3:4:5:6:7::',
    ]
      .map((address, at) => `a${at} AAAA ${address}\n`)
      .join('')}`,
  ],
  [
    'service parameters',
    String.raw`$TTL 60
${apex}a HTTPS 1 . alpn="h2,h3" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=AEX+DQ== ipv6hint=::1
b SVCB 16 foo (alpn=h2,h3-19 mandatory=ipv4hint,alpn
  ipv4hint=192.0.2.1)
c SVCB 16 foo alpn="f\\\\oo\\,bar,h2"
d SVCB 16 foo alpn=f\\\092oo\092,bar,h2
e SVCB 0 foo.
f SVCB 1 foo key667="hello\210qoo" key668 key669=x
g SVCB 1 foo dohpath=/dns-query{?dns}
`,
  ],
  [
    'places',
    `$TTL 60\n${apex}a LOC 42 21 54 N 71 06 18 W -24m 30m\nb LOC 52 N 4 E 0\nc LOC 1 2 3.5 S 4 5 6.789 E 1.25 0.01m 20m 90000000m\n`,
  ],
  [
    'all the rest',
    `$TTL 60\n${apex}a CAA 0 issue "ca.example; policy=ev"\na CAA 128 tbs x\nb DS 1 RSASHA256 2 ( ${'ab '.repeat(32)} )
c TLSA 3 1 1 ${'ab'.repeat(32)}\nd SSHFP 4 2 ${'ab'.repeat(32)}\ne NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .
f URI 10 1 "ftp://example/a;b"\ng OPENPGPKEY ( mQIN\n BFQ= )\nh DNAME example.net.\n_s._tcp SRV 0 5 443 h\ni PTR j\n`,
  ],
])('named-compilezone and we agree on %s', (_, zone, files = {}) => {
  const { named, others } = readings({ zone, ...files })
  expect(others).toEqual(agreed(named))
})

/** False for what BIND 9.18 refuses of its own accord. */
function knownToNamed(type: number, rdata: Rdata): boolean {
  // A digest and a fingerprint of a type that it knows must have its length.
  if (rdata.kind === 'DS' || rdata.kind === 'CDS') return ![1, 2, 4].includes(rdata.digestType)
  if (rdata.kind === 'SSHFP') return rdata.fingerprintType > 2
  // Private algorithms have a name in the key, or an assertion of named fails.
  if (rdata.kind === 'DNSKEY' || rdata.kind === 'CDNSKEY') return rdata.algorithm < 253
  // Knows no ohttp, and refuses contradictions and any dohpath that is none.
  if (rdata.kind === 'SVCB' || rdata.kind === 'HTTPS')
    return !/^\\#| ohttp| key7/.test(printRdata(type, rdata))
  return true
}

// A zone has one SOA, and the regexp of a NAPTR must be a substitution that compiles.
const sampled = typedTypes.filter(type => type !== RrType.NAPTR && type !== RrType.SOA)
test.skipIf(missing).each([...sampled, 65_280].map(type => [printRrType(type), type] as const))(
  'named-compilezone reads any %s that we print, and we read what it prints',
  (_, type) => {
    const rdatas = fc
      .sample(rdataOf(type), { numRuns: 100, seed: 1034 })
      .filter(rdata => knownToNamed(type, rdata))
    expect(rdatas.length).toBeGreaterThan(30)
    const owners = fc.sample(fc.oneof(hostName, anyName), { numRuns: rdatas.length, seed: 5 })
    const origin = parseName('example.')
    const records: ResourceRecord[] = rdatas.map((rdata, at) => {
      const first = owners[at]?.labels[0] ?? Uint8Array.of(0x78)
      return {
        name: origin.prepend(first).prepend(Buffer.from(`r${at}`)),
        type,
        class: RrClass.IN,
        ttl: at,
        rdata,
      }
    })
    const text = printZoneFile([...parseZoneFile(`$TTL 60\n${apex}`, { origin }), ...records], { origin })
    const { named, others } = readings({ zone: text })
    expect(named.length).toBe(records.length + 2)
    expect(others).toEqual(agreed(named))
  },
)
