import fc from 'fast-check'
import { Name, parseName } from './name.ts'
import type { Rdata, SvcParam } from './rdata/rdata.ts'
import { codecs } from './rdata/types.ts'
import { MAX_TTL, type ResourceRecord } from './record.ts'
import { RrClass } from './rr-type.ts'

// Values of every kind that this package reads and writes, for the property tests of all packages.

const u8 = fc.nat(0xff)
const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffffffff)
const octets = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength })
const string = octets(0, 255)

/** Any absolute name: labels are any octets at all. */
export const anyName: fc.Arbitrary<Name> = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 8 })
  .filter(labels => labels.reduce((sum, label) => sum + label.length + 1, 1) <= 255)
  .map(labels => Name.fromLabels(labels))

/** A name as hosts have them, often the same one and often in other letters: what compression and order live on. */
export const hostName: fc.Arbitrary<Name> = fc
  .array(fc.constantFrom('a', 'B', 'www', 'example', 'EXAMPLE', 'x'.repeat(63), '_sip', 'ns1'), {
    maxLength: 3,
  })
  .map(labels => (labels.length === 0 ? Name.root : parseName(`${labels.join('.')}.`)))

const name = fc.oneof(hostName, anyName)

/** The parameters that a list of values by key makes, in the order that the wire demands. */
const inOrder = (params: readonly SvcParam[]): SvcParam[] => [...params].sort((a, b) => a.key - b.key)
const u16Octets = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 0xff)

const protocol = fc.oneof(
  fc.constantFrom('h2', 'h3', 'f\\oo,bar').map(text => Buffer.from(text)),
  octets(1, 255),
)
const valueOfKey: Readonly<Record<number, fc.Arbitrary<Uint8Array>>> = {
  0: fc
    .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 0xffff })), {
      minLength: 1,
      maxLength: 4,
    })
    .map(keys => Uint8Array.from(keys.sort((a, b) => a - b).flatMap(key => [...u16Octets(key)]))),
  1: fc
    .array(protocol, { minLength: 1, maxLength: 4 })
    .map(ids => Uint8Array.from(ids.flatMap(id => [id.length, ...id]))),
  2: fc.constant(new Uint8Array()),
  3: octets(2, 2),
  4: fc
    .array(octets(4, 4), { minLength: 1, maxLength: 3 })
    .map(list => Uint8Array.from(list.flatMap(a => [...a]))),
  5: octets(1, 80),
  6: fc
    .array(octets(16, 16), { minLength: 1, maxLength: 3 })
    .map(list => Uint8Array.from(list.flatMap(a => [...a]))),
  7: fc.oneof(
    fc
      .constantFrom('/dns-query{?dns}', '/q{?dns,x}', '/"{dns}" ', 'no path')
      .map(t => Uint8Array.from(Buffer.from(t))),
    octets(1, 40),
  ),
  8: fc.constant(new Uint8Array()),
}
const svcParam: fc.Arbitrary<SvcParam> = fc
  .oneof({ weight: 3, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.integer({ min: 9, max: 0xffff }) })
  .chain(key => (valueOfKey[key] ?? octets(0, 60)).map(value => ({ key, value })))

/** Service parameters that are well formed; they may still contradict one another (RFC 9460, section 2.4.3). */
export const svcParams: fc.Arbitrary<readonly SvcParam[]> = fc
  .uniqueArray(svcParam, { selector: param => param.key, maxLength: 7 })
  .map(inOrder)

const locSize = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
  .map(([digit, power]) => (digit === 0 ? 0 : (digit << 4) | power))
const locAngle = (degrees: number): fc.Arbitrary<number> =>
  fc.integer({ min: -degrees * 3_600_000, max: degrees * 3_600_000 }).map(angle => 0x80000000 + angle)

const certificateAssociation = { usage: u8, selector: u8, matchingType: u8, data: octets(1, 80) }
const delegationSigner = { keyTag: u16, algorithm: u8, digestType: u8, digest: octets(1, 64) }
const zoneSigningKey = { flags: u16, protocol: u8, algorithm: u8, publicKey: octets(1, 80) }
const serviceBinding = { priority: u16, target: name, params: svcParams }
const address = {
  A: octets(4, 4),
  AAAA: fc.oneof(
    octets(16, 16),
    fc
      .array(fc.constantFrom(0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
      .map(list => Uint8Array.from(list)),
  ),
}

type RdataOf<K extends Rdata['kind']> = Extract<Rdata, { kind: K }>
type Values<R> = { readonly [F in Exclude<keyof R, 'kind'>]: fc.Arbitrary<R[F]> }

const values: { readonly [K in Exclude<Rdata['kind'], 'UNKNOWN'>]: Values<RdataOf<K>> } = {
  A: { address: address.A },
  AAAA: { address: address.AAAA },
  NS: { nameServer: name },
  CNAME: { target: name },
  DNAME: { target: name },
  PTR: { target: name },
  SOA: { primary: name, mailbox: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
  HINFO: { cpu: string, os: string },
  MX: { preference: u16, exchange: name },
  TXT: { strings: fc.array(string, { minLength: 1, maxLength: 4 }) },
  RP: { mailbox: name, about: name },
  AFSDB: { subtype: u16, host: name },
  SRV: { priority: u16, weight: u16, port: u16, target: name },
  SVCB: serviceBinding,
  HTTPS: serviceBinding,
  CAA: {
    flags: u8,
    tag: fc.oneof(fc.constantFrom('issue', 'issuewild', 'iodef'), fc.stringMatching(/^[0-9a-zA-Z]{1,20}$/)),
    value: octets(0, 300),
  },
  TLSA: certificateAssociation,
  SMIMEA: certificateAssociation,
  SSHFP: { algorithm: u8, fingerprintType: u8, fingerprint: octets(1, 40) },
  NAPTR: { order: u16, preference: u16, flags: string, services: string, regexp: string, replacement: name },
  URI: { priority: u16, weight: u16, target: octets(1, 300) },
  DS: delegationSigner,
  CDS: delegationSigner,
  DNSKEY: zoneSigningKey,
  CDNSKEY: zoneSigningKey,
  OPENPGPKEY: { key: octets(1, 300) },
  LOC: {
    size: locSize,
    horizontalPrecision: locSize,
    verticalPrecision: locSize,
    latitude: locAngle(90),
    longitude: locAngle(180),
    altitude: u32,
  },
}

/** Every type that has typed rdata. */
export const typedTypes: readonly number[] = codecs.map(codec => codec.type)

/** Well-formed rdata of a type; of one without typed rdata, any octets. */
export function rdataOf(type: number): fc.Arbitrary<Rdata> {
  const kind = codecs.find(codec => codec.type === type)?.kind
  if (kind === undefined || kind === 'UNKNOWN') {
    return octets(0, 60).map(bytes => ({ kind: 'UNKNOWN', octets: bytes }))
  }
  const fields: Record<string, fc.Arbitrary<unknown>> = { kind: fc.constant(kind), ...values[kind] }
  return fc.record(fields) as fc.Arbitrary<unknown> as fc.Arbitrary<Rdata>
}

/** A type with rdata of it: all typed ones, and one that nobody knows. */
export const typeWithRdata: fc.Arbitrary<{ readonly type: number; readonly rdata: Rdata }> = fc
  .constantFrom(...typedTypes, 65_280)
  .chain(type => rdataOf(type).map(rdata => ({ type, rdata })))

export const ttl: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 300, 3600, MAX_TTL), fc.nat(MAX_TTL))

/** A record of class IN. */
export const resourceRecord: fc.Arbitrary<ResourceRecord> = fc
  .record({ name, ttl, typed: typeWithRdata })
  .map(({ name, ttl, typed }) => ({ name, ttl, class: RrClass.IN, ...typed }))
