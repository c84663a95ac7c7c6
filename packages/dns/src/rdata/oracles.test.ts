import { spawnSync } from 'node:child_process'
import dnsPacket from 'dns-packet'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rdataOf, typedTypes } from '../arbitraries.test-support.ts'
import { hasTool } from '../debian-tool.test-support.ts'
import { decodeMessage, encodeMessage } from '../message.ts'
import { parseName } from '../name.ts'
import { type ResourceRecord, rdataOctets } from '../record.ts'
import { RrClass, RrType, printRrType } from '../rr-type.ts'
import { parseRdata, printRdata } from './presentation.ts'
import type { Rdata } from './rdata.ts'

// The same octets and the same text, read by other people's programs.

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const samplesOf = (type: number): Rdata[] => fc.sample(rdataOf(type), { numRuns: 150, seed: 1035 })

/** For each line of its input: the wire form of a text, and the text of a wire form. */
const DNSPYTHON = `
import sys, json, dns.rdata
def answer(type, text, wire):
    try:
        read = dns.rdata.from_text(1, type, text, origin=None, relativize=False).to_wire().hex()
    except Exception as error:
        read = repr(error)
    octets = bytes.fromhex(wire)
    try:
        said = dns.rdata.from_wire(1, type, octets, 0, len(octets)).to_text()
    except Exception as error:
        said = repr(error)
    return {'read': read, 'said': said}
json.dump([answer(*item) for item in json.load(sys.stdin)], sys.stdout)
`

const ascii = (octets: Uint8Array): Uint8Array => octets.map(octet => octet & 0x7f)

/** The rdata without what dnspython 2.3 gets wrong or refuses of its own accord. */
function forDnspython(type: number, rdata: Rdata): Rdata | undefined {
  // No contradictions, no keys after ipv6hint, and it cannot print an octet in alpn.
  if (rdata.kind === 'SVCB' || rdata.kind === 'HTTPS')
    return /^0 |^\\#| dohpath=| ohttp| alpn="[^ ]*\\/.test(printRdata(type, rdata)) ? undefined : rdata
  // \200 becomes two octets of UTF-8.
  if (rdata.kind === 'CAA') return { ...rdata, value: ascii(rdata.value) }
  if (rdata.kind === 'HINFO') return { ...rdata, cpu: ascii(rdata.cpu), os: ascii(rdata.os) }
  if (rdata.kind === 'NAPTR')
    return {
      ...rdata,
      flags: ascii(rdata.flags),
      services: ascii(rdata.services),
      regexp: ascii(rdata.regexp),
    }
  // Nothing is escaped in it.
  if (rdata.kind === 'URI') return { ...rdata, target: rdata.target.map(octet => 0x23 + (octet % 0x38)) }
  // A digest of a type that it knows must have its length.
  if (rdata.kind === 'DS' || rdata.kind === 'CDS') return { ...rdata, digestType: 200 }
  // Metres are binary fractions.
  if (rdata.kind === 'LOC') return { ...rdata, altitude: Math.floor(rdata.altitude / 200) * 100 }
  return rdata
}

test
  .skipIf(!hasTool(['/usr/bin/python3', '-c', 'import dns.rdata'], 'python3-dnspython'))
  .each([...typedTypes, 65_280].map(type => [printRrType(type), type] as const))(
  'dnspython reads and writes %s as we do',
  (_, type) => {
    const samples = samplesOf(type).flatMap(rdata => forDnspython(type, rdata) ?? [])
    expect(samples.length).toBeGreaterThan(50)
    const items = samples.map(
      rdata => [type, printRdata(type, rdata), hex(rdataOctets(type, rdata))] as const,
    )
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', DNSPYTHON], {
      input: JSON.stringify(items),
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const answers = JSON.parse(stdout) as { read: string; said: string }[]
    for (const [at, [, text, wire]] of items.entries()) {
      const { read, said } = answers[at] ?? { read: '', said: '' }
      expect([text, read]).toEqual([text, wire])
      expect([said, hex(rdataOctets(type, parseRdata(type, said)))]).toEqual([said, wire])
    }
  },
)

const owner = parseName('a.example.')

const asTheyRead = (message: Buffer): unknown => JSON.parse(JSON.stringify(dnsPacket.decode(message).answers))

/** A reply with one record, encoded here and there. */
function encodings(record: ResourceRecord, data: unknown): { ours: Buffer; theirs: Buffer } {
  const ours = encodeMessage({ ...decodeMessage(new Uint8Array(12)), response: true, answers: [record] })
  const answer = { name: 'a.example', type: printRrType(record.type), class: 'IN', ttl: record.ttl, data }
  const theirs = dnsPacket.encode({
    type: 'response',
    id: 0,
    flags: 0,
    answers: [answer as dnsPacket.Answer],
  })
  return { ours: Buffer.from(ours), theirs }
}

const quad = '192.0.2.1'
// Types that dns-packet knows, as our text and as its data.
test.each<[type: keyof typeof RrType, text: string, data: unknown]>([
  ['A', quad, quad],
  ['AAAA', '2001:db8::1', '2001:db8::1'],
  ['NS', 'ns1.example.net.', 'ns1.example.net'],
  ['CNAME', 'b.example.net.', 'b.example.net'],
  ['DNAME', 'b.example.net.', 'b.example.net'],
  ['PTR', 'b.example.net.', 'b.example.net'],
  ['MX', '10 mail.example.net.', { preference: 10, exchange: 'mail.example.net' }],
  ['TXT', '"a b" "c"', ['a b', 'c']],
  ['SRV', '1 2 443 b.example.net.', { priority: 1, weight: 2, port: 443, target: 'b.example.net' }],
  [
    'SOA',
    'ns.example.net. host.example.net. 1 2 3 4 5',
    {
      mname: 'ns.example.net',
      rname: 'host.example.net',
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    },
  ],
  [
    'CAA',
    '128 issue "ca.example.net"',
    { flags: 128, tag: 'issue', value: 'ca.example.net', issuerCritical: true },
  ],
  [
    'NAPTR',
    '1 2 "u" "SIP" "!^.*$!sip:a@b!" .',
    { order: 1, preference: 2, flags: 'u', services: 'SIP', regexp: '!^.*$!sip:a@b!', replacement: '.' },
  ],
  [
    'DS',
    '60485 5 1 2bb183af',
    { keyTag: 60485, algorithm: 5, digestType: 1, digest: Buffer.from('2bb183af', 'hex') },
  ],
  ['SSHFP', `1 1 ${'ab'.repeat(20)}`, { algorithm: 1, hash: 1, fingerprint: 'ab'.repeat(20) }],
  [
    'TLSA',
    '3 1 1 2bb183af',
    { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('2bb183af', 'hex') },
  ],
])('dns-packet encodes and decodes %s %s as we do', (typeName, text, data) => {
  const type = RrType[typeName]
  const record = { name: owner, type, class: RrClass.IN, ttl: 300, rdata: parseRdata(type, text) }
  const { ours, theirs } = encodings(record, data)
  // Each reads what the other wrote, compressed or not.
  const [read] = decodeMessage(theirs).answers
  expect(read && printRdata(type, read.rdata)).toBe(text)
  expect(asTheyRead(ours)).toEqual(asTheyRead(theirs))
})
