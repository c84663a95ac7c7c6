import { type SignedRecord, encodeZone, signRecord, signerFromSeed, zoneIdOf } from '@signpost/core'
import {
  type ResourceRecord,
  RrClass,
  RrType,
  decodeMessage,
  encodeMessage,
  parseName,
  parseZoneFile,
  rdataOctets,
} from '@signpost/dns'
import { encode } from 'cborg'
import { SECOND_SEED, signer, zoneId } from './keys.ts'
import { fromHex, hex } from './octets.ts'
import { NOW, zoneOfText } from './records.ts'

/** Octets that a peer gave for a zone, and what they are worth. */
export interface VerdictVector {
  readonly name: string
  readonly zoneId: string
  /** The octets; hexadecimal. */
  readonly record: string
  /** The time, in milliseconds since the epoch. */
  readonly now: number
  /** `valid`, or the code of the error. */
  readonly verdict: 'valid' | 'MALFORMED_RECORD' | 'BAD_SIGNATURE' | 'RECORD_TOO_LARGE' | 'RECORD_EXPIRED'
  /** The same record in its canonical envelope, where it is valid or expired. */
  readonly canonical: string | null
}

export interface VerdictVectors {
  readonly about: string
  readonly verdicts: readonly VerdictVector[]
}

type Octets = readonly (number | Uint8Array)[]
const join = (...parts: Octets): Uint8Array =>
  Uint8Array.from(parts.flatMap(part => (typeof part === 'number' ? [part] : [...part])))
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

const PAYLOAD = encodeZone(zoneOfText('@ A 192.0.2.1\n'))
const FIELDS = {
  TTL: 300_000_000_000,
  _dns: PAYLOAD,
  Value: ascii('/ipfs/bafkqaaa'),
  Sequence: 1,
  Validity: ascii('2030-06-15T12:30:45.678Z'),
  ValidityType: 0,
}

const envelope = (signature: Uint8Array, data: Uint8Array): Uint8Array =>
  join(0x42, signature.length, signature, 0x4a, ...varint(data.length), data)

// What somebody with the zone's key can make peers look at.
async function owned(data: Uint8Array): Promise<Uint8Array> {
  return envelope(await signer.sign(join(ascii('ipns-signature:'), data)), data)
}

const withFields = (changes: object): Promise<Uint8Array> => {
  const fields = Object.entries({ ...FIELDS, ...changes }).filter(([, value]) => value !== undefined)
  return owned(new Uint8Array(encode(Object.fromEntries(fields))))
}

export async function verdictVectors(): Promise<VerdictVectors> {
  const record = await signRecord(
    {
      zoneId,
      content: zoneOfText('@ A 192.0.2.1\n'),
      sequence: 1,
      expiresAt: Date.UTC(2030, 5, 15, 12, 30, 45, 678),
    },
    signer,
  )
  const verdicts = [
    ...(await validVectors(record)),
    ...envelopeVectors(record),
    ...(await dataVectors()),
    ...(await zoneVectors()),
  ]
  return {
    about:
      'Octets from a peer, and what they are worth. Where a record is valid, `canonical` is what to keep and hand on.',
    verdicts,
  }
}

function vector(
  name: string,
  record: Uint8Array,
  verdict: VerdictVector['verdict'],
  canonical?: Uint8Array,
): VerdictVector {
  return {
    name,
    zoneId,
    record: hex(record),
    now: NOW,
    verdict,
    canonical: canonical === undefined ? null : hex(canonical),
  }
}

async function validVectors(record: SignedRecord): Promise<VerdictVector[]> {
  const { bytes, expiresAt } = record
  const embeddedKey = join(0x3a, 36, 0x08, 0x01, 0x12, 0x20, signer.publicKey)
  const later = await withFields({
    _next: new Uint8Array(32).fill(1),
    _note: 'text',
    _n: -1,
    _yes: true,
    _null: null,
  })
  const nanoseconds = await withFields({ Validity: ascii('2030-06-15T12:30:45.123456789Z') })
  const noZone = await withFields({ _dns: undefined })
  const longTtl = await withFields({ TTL: 2n ** 63n })
  const reordered = decodeMessage(encodeZone(zoneOfText('@ A 192.0.2.1\n@ A 192.0.2.2\nwww A 192.0.2.3\n')))
  const foreign = await withFields({ _dns: uncompressed(reordered.answers.toReversed()) })
  return [
    vector('canonical', bytes, 'valid', bytes),
    vector('V1 fields before the V2 ones', join(v1Fields(), bytes), 'valid', bytes),
    vector('V1 fields behind the V2 ones', join(bytes, v1Fields()), 'valid', bytes),
    vector('V1 fields that contradict the signed data', join(0x28, 99, bytes), 'valid', bytes),
    vector('data before the signature', join(bytes.slice(66), bytes.slice(0, 66)), 'valid', bytes),
    vector("the zone's public key in field 7", join(bytes, embeddedKey), 'valid', bytes),
    vector(
      'unknown fields of every wire type',
      join(bytes, 0x50, 1, 0x59, new Uint8Array(8), 0x62, 1, 0, 0x6d, new Uint8Array(4)),
      'valid',
      bytes,
    ),
    vector('fields of a later version, all scalars', later, 'valid', later),
    vector('a validity in nanoseconds', nanoseconds, 'valid', nanoseconds),
    vector('a TTL of 2^63 nanoseconds', longTtl, 'valid', longTtl),
    vector('no zone: the record of an IPFS site', noZone, 'valid', noZone),
    vector('a zone in another order, uncompressed, its owner names in upper case', foreign, 'valid', foreign),
    { ...vector('its last moment', bytes, 'valid', bytes), now: expiresAt },
    { ...vector('a millisecond after its last moment', bytes, 'RECORD_EXPIRED', bytes), now: expiresAt + 1 },
  ]
}

function envelopeVectors({ bytes, signature, data }: SignedRecord): VerdictVector[] {
  const refused = (name: string, ...parts: Octets): VerdictVector =>
    vector(name, join(...parts), 'MALFORMED_RECORD')
  const otherKey = join(
    0x3a,
    36,
    0x08,
    0x01,
    0x12,
    0x20,
    fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  )
  const size = varint(10_240)
  return [
    refused('no octets'),
    refused('no signature', bytes.slice(66)),
    refused('no data', bytes.slice(0, 66)),
    refused('a signature of 63 octets', envelope(signature.slice(1), data)),
    refused('the data twice', bytes, bytes.slice(66)),
    refused('the signature twice', bytes.slice(0, 66), bytes),
    refused('cut off', bytes.slice(0, -1)),
    refused('a varint in more octets than needed', bytes, 0x50, 0x81, 0x00),
    refused('a group', bytes, 0x53, 0x54),
    refused('field number 0', bytes, 0x00, 0x00),
    refused('another public key in field 7', bytes, otherKey),
    vector('10,241 octets and more', join(bytes, 0x52, ...size, new Uint8Array(10_240)), 'RECORD_TOO_LARGE'),
    vector('a flipped bit in the signature', flip(bytes, 10), 'BAD_SIGNATURE'),
    vector('a flipped bit in the zone', flip(bytes, bytes.indexOf(0xc0, 100) + 12), 'BAD_SIGNATURE'),
    vector('S plus the order of the group', envelope(plusOrder(signature), data), 'BAD_SIGNATURE'),
    { ...vector("another zone's record", bytes, 'BAD_SIGNATURE'), zoneId: secondZone() },
  ]
}

// Well signed, and malformed in its data.
async function raw(name: string, data: Uint8Array): Promise<VerdictVector> {
  return vector(name, await owned(data), 'MALFORMED_RECORD')
}

async function changed(name: string, changes: object): Promise<VerdictVector> {
  return vector(name, await withFields(changes), 'MALFORMED_RECORD')
}

function payload(name: string, octets: Uint8Array): Promise<VerdictVector> {
  return changed(name, { _dns: octets })
}

function dataVectors(): Promise<VerdictVector[]> {
  const plain = new Uint8Array(encode(FIELDS))
  const ttl = plain.slice(1, 14)
  return Promise.all([
    raw('data that is no map', Uint8Array.of(0x80)),
    raw('octets behind the map', join(plain, 0)),
    raw('a key twice', join(plain[0]! + 1, plain.slice(1), 0x68, ascii('Sequence'), 2)),
    raw('keys in another order', join(plain[0]!, plain.slice(14), ttl)),
    raw('a map of indefinite length', join(0xbf, plain.slice(1), 0xff)),
    raw('a length in more octets than needed', join(0xb8, plain[0]! - 0xa0, plain.slice(1))),
    changed('a field that is a list', { _x: [] }),
    changed('a field that is a map', { _x: {} }),
    changed('a field that is a float', { _x: 1.5 }),
    raw('a field that is a tag', join(plain[0]! + 1, ttl, 0x62, ascii('_x'), 0xc0, 0x60, plain.slice(14))),
    changed('no Value', { Value: undefined }),
    changed('no Validity', { Validity: undefined }),
    changed('no ValidityType', { ValidityType: undefined }),
    changed('no Sequence', { Sequence: undefined }),
    changed('no TTL', { TTL: undefined }),
    changed('a Value that is no path', { Value: ascii('bafkqaaa') }),
    changed('a Value that is no UTF-8', { Value: join(0x2f, 0xff) }),
    changed('a Value that is text', { Value: '/ipfs/bafkqaaa' }),
    changed('ValidityType 1', { ValidityType: 1 }),
    changed('a Sequence of 2^53', { Sequence: 2n ** 53n }),
    changed('a negative Sequence', { Sequence: -1 }),
    changed('a negative TTL', { TTL: -1 }),
    changed('a Validity with an offset', { Validity: ascii('2030-06-15T12:30:45+00:00') }),
    changed('a Validity on 30 February', { Validity: ascii('2030-02-30T12:30:45Z') }),
    changed('a Validity before 1970', { Validity: ascii('1969-12-31T23:59:59Z') }),
    changed('_prev of 31 octets', { _prev: new Uint8Array(31) }),
    changed('_gone that is false', { _gone: false, _dns: undefined }),
    changed('_gone beside a zone', { _gone: true }),
    changed('_gone beside an empty zone', { _gone: true, _dns: new Uint8Array() }),
    changed('_dns that is text', { _dns: 'x' }),
  ])
}

function zoneVectors(): Promise<VerdictVector[]> {
  const message = decodeMessage(PAYLOAD)
  const question = { name: parseName(`${zoneId}.`), type: RrType.A, class: RrClass.IN }
  const zone = (text: string): Uint8Array =>
    encodeMessage({
      ...message,
      answers: parseZoneFile(text, { origin: parseName(`${zoneId}.`), defaultTtl: 300 }),
    })
  return Promise.all([
    payload('an empty _dns', new Uint8Array()),
    payload('a zone without records', encodeMessage({ ...message, answers: [] })),
    payload('an identifier', encodeMessage({ ...message, id: 1 })),
    payload('QR not set', encodeMessage({ ...message, response: false })),
    payload('AA not set', encodeMessage({ ...message, authoritative: false })),
    payload('RD set', encodeMessage({ ...message, recursionDesired: true })),
    payload('the reserved bit of the header set', PAYLOAD.with(3, 0x40)),
    payload('a question', encodeMessage({ ...message, questions: [question] })),
    payload('an authority record', encodeMessage({ ...message, authorities: message.answers })),
    payload('an additional record', encodeMessage({ ...message, additionals: message.answers })),
    payload('an octet behind the message', join(PAYLOAD, 0)),
    payload('a compression pointer that points forwards', PAYLOAD.with(12, 0xc0).with(13, 0x20)),
    payload('a record of another zone', zone('www.example. A 192.0.2.1\n')),
    payload(
      'class CH',
      encodeMessage({ ...message, answers: message.answers.map(rr => ({ ...rr, class: RrClass.CH })) }),
    ),
    payload('a meta type', PAYLOAD.with(PAYLOAD.length - 14, 0).with(PAYLOAD.length - 13, 0xff)),
    payload('an address of three octets', PAYLOAD.with(PAYLOAD.length - 5, 3).slice(0, -1)),
    payload('two TTLs in one RRset', zone('@ 60 A 192.0.2.1\n@ 61 A 192.0.2.2\n')),
    payload('data beside a CNAME', zone('www CNAME x\nwww A 192.0.2.2\n')),
    payload('two CNAMEs', zone('www CNAME x\nwww CNAME y\n')),
    payload('two DNAMEs', zone('www DNAME x\nwww DNAME y\n')),
    payload('an SOA below the apex', zone('www SOA a. b. 1 2 3 4 5\n')),
    payload('two SOAs', zone('@ SOA a. b. 1 2 3 4 5\n@ SOA a. b. 2 2 3 4 5\n')),
    payload('NS at a wildcard', zone('* NS a.\n')),
    payload('DNAME at a wildcard', zone('* DNAME a.\n')),
  ])
}

// As kubo writes them beside the V2 fields: value, signatureV1, validityType, validity, sequence, ttl.
function v1Fields(): Uint8Array {
  const fields: Octets[] = [
    [0x0a, 14, ascii('/ipfs/bafkqaaa')],
    [0x12, 64, new Uint8Array(64)],
    [0x18, 0],
    [0x22, 24, ascii('2030-06-15T12:30:45.678Z')],
    [0x28, 1],
    [0x30, ...varint(FIELDS.TTL)],
  ]
  return join(...fields.flat())
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))]
}

function flip(octets: Uint8Array, at: number): Uint8Array {
  return octets.with(at, octets[at]! ^ 1)
}

// RFC 8032, section 5.1.7: S is below the order of the group; an S that is not would be a second signature.
function plusOrder(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
  const s = BigInt(`0x${hex(signature.slice(32).toReversed())}`) + order
  return join(signature.slice(0, 32), fromHex(s.toString(16).padStart(64, '0')).toReversed())
}

function secondZone(): string {
  return zoneIdOf(signerFromSeed(fromHex(SECOND_SEED)).publicKey)
}

// Each record by itself, so that no name can be compressed against an earlier one.
function uncompressed(answers: readonly ResourceRecord[]): Uint8Array {
  const bodies = answers.map(({ name, type, class: rrClass, ttl, rdata }) => {
    const upper = Uint8Array.from(name.wire, octet => (octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet))
    const octets = rdataOctets(type, rdata)
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(type, 0)
    fixed.writeUInt16BE(rrClass, 2)
    fixed.writeUInt32BE(ttl, 4)
    fixed.writeUInt16BE(octets.length, 8)
    return join(upper, fixed, octets)
  })
  return join(0, 0, 0x84, 0, 0, 0, 0, answers.length, 0, 0, 0, 0, ...bodies)
}
