import {
  type SignRequest,
  type SignedRecord,
  type Zone,
  apexOf,
  createZone,
  encodeZone,
  signRecord,
  signedSize,
  zoneRecords,
} from '@signpost/core'
import { parseZoneFile, printRecord } from '@signpost/dns'
import { signer, zoneId, SEED } from './keys.ts'
import { hex } from './octets.ts'

/** A record to sign, and every octet that comes out. Null stands for what is absent. */
export interface RecordVector {
  readonly name: string
  readonly seed: string
  readonly zoneId: string
  /** The zone file, its names relative to the zone; null for a retirement. */
  readonly zone: string | null
  /** The records in canonical order, one a line of a zone file. */
  readonly zoneRecords: readonly string[] | null
  readonly sequence: number
  readonly validity: string
  /** Seconds. */
  readonly ttl: number
  readonly value: string
  /** The name of the vector whose record this one replaces. */
  readonly previous: string | null
  /** `_dns`. */
  readonly payload: string | null
  readonly data: string
  readonly signature: string
  readonly record: string
}

export interface RecordVectors {
  readonly about: string
  readonly records: readonly RecordVector[]
}

/** 2030-01-01T00:00:00Z, at which every valid record of the vectors is valid. */
export const NOW = 1_893_456_000_000
const EXPIRY = Date.UTC(2030, 5, 15, 12, 30, 45, 678)

export function zoneOfText(text: string): Zone {
  return createZone(zoneId, parseZoneFile(text, { origin: apexOf(zoneId), defaultTtl: 300 }))
}

export const EVERY_TYPE = `@          3600  SOA    ns1.example.net. hostmaster.example.net. 2030010100 7200 900 1209600 300
@          3600  NS     ns1.example.net.
@          300   A      192.0.2.1
@          300   AAAA   2001:db8::1
@          300   MX     10 Mail
@          300   TXT    "v=spf1 -all" "second string"
@          300   CAA    0 issue "ca.example.net"
@          300   HTTPS  1 . alpn=h2,h3 ipv4hint=192.0.2.1
mail       300   A      192.0.2.25
WWW        60    A      192.0.2.80
www        60    A      192.0.2.9
blog       300   CNAME  www
*.apps     300   CNAME  www
old        300   DNAME  new.example.net.
bob        300   NS     k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxyzqj2xjonzllnv0v8.
sub        300   NS     ns.sub
sub        300   DS     12345 13 2 ${'0123456789abcdef'.repeat(4)}
ns.sub     300   A      192.0.2.53
_sip._tcp  300   SRV    10 60 5060 sip.example.net.
_svc       300   SVCB   0 svc.example.net.
_443._tcp  300   TLSA   3 1 1 ${'ab'.repeat(32)}
host       300   SSHFP  4 2 ${'cd'.repeat(32)}
_uri       300   URI    10 1 "https://example.net/"
naptr      300   NAPTR  100 10 "S" "SIP+D2U" "" _sip._udp.example.net.
printer    300   PTR    My\\032Printer._ipp._tcp
loc        300   LOC    52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
key        300   OPENPGPKEY  AQIDBA==
x          300   TYPE65280 \\# 4 01020304
`

interface Case extends Omit<SignRequest, 'zoneId' | 'content' | 'previous'> {
  readonly name: string
  readonly zone: string | null
  readonly previous?: string
}

const cases: Case[] = [
  { name: 'one address', zone: '@ A 192.0.2.1\n', sequence: 1, expiresAt: EXPIRY },
  { name: 'sequence 0', zone: '@ A 192.0.2.1\n', sequence: 0, expiresAt: EXPIRY },
  {
    name: 'a new version, which names the one that it replaces',
    zone: '@ A 192.0.2.2\nwww A 192.0.2.3\n',
    sequence: 2,
    expiresAt: EXPIRY,
    previous: 'one address',
  },
  { name: 'every type', zone: EVERY_TYPE, sequence: 3, expiresAt: EXPIRY },
  {
    name: 'the same records in another order, repeated, and with owner names in another letter case',
    zone: 'WWW 60 A 192.0.2.9\nwww 60 A 192.0.2.80\n@ A 192.0.2.1\nwww 60 A 192.0.2.9\n',
    sequence: 4,
    expiresAt: EXPIRY,
  },
  {
    name: 'the greatest sequence and TTL, a value, and the validity at a full second',
    zone: '@ TXT "x"\n',
    sequence: Number.MAX_SAFE_INTEGER,
    ttl: 2 ** 31 - 1,
    value: '/ipfs/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/ä',
    expiresAt: Date.UTC(2099, 11, 31, 23, 59, 59),
  },
  { name: 'TTL 0', zone: '@ TXT "x"\n', sequence: 5, ttl: 0, expiresAt: EXPIRY },
  { name: 'a record of exactly 10,240 octets', zone: filler(10_240), sequence: 6, expiresAt: EXPIRY },
  { name: 'retirement', zone: null, sequence: 7, expiresAt: EXPIRY, previous: 'one address' },
]

export async function recordVectors(): Promise<RecordVectors> {
  const made = new Map<string, SignedRecord>()
  const records: RecordVector[] = []
  for (const { name, zone: text, previous, ...rest } of cases) {
    const zone = text === null ? undefined : zoneOfText(text)
    const replaced = previous === undefined ? undefined : made.get(previous)
    const request = { ...rest, zoneId, content: zone ?? ('retired' as const) }
    const record = await signRecord(
      replaced === undefined ? request : { ...request, previous: replaced },
      signer,
    )
    made.set(name, record)
    records.push({
      name,
      seed: SEED,
      zoneId,
      zone: text,
      zoneRecords: zone === undefined ? null : zoneRecords(zone).map(printRecord),
      sequence: record.sequence,
      validity: record.validity,
      ttl: record.ttl,
      value: record.value,
      previous: previous ?? null,
      payload: zone === undefined ? null : hex(encodeZone(zone)),
      data: hex(record.data),
      signature: hex(record.signature),
      record: hex(record.bytes),
    })
  }
  return {
    about: 'What a zone file, a key and a request give, octet for octet. Octets are in hexadecimal.',
    records,
  }
}

function line(owner: string, length: number): string {
  return `${owner} TXT "${'x'.repeat(length)}"\n`
}

// 36 texts of 255 octets, and one with what is left.
function filler(size: number): string {
  const texts = Array.from({ length: 36 }, (_, n) => line(`t${n}`, 255)).join('')
  const sizeWith = (length: number): number =>
    signedSize({ zoneId, content: zoneOfText(texts + line('rest', length)), sequence: 6, expiresAt: EXPIRY })
  return texts + line('rest', size - sizeWith(0))
}
