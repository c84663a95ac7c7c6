import {
  type SignedRecord,
  apexOf,
  createZone,
  decodeRecord,
  lookup,
  parseZoneId,
  portableVerifier,
  signRecord,
  signerFromSeed,
  verifyRecord,
  zoneIdOf,
  zoneOf,
  zoneRecords,
} from '@signpost/core'
import {
  type Name,
  type ResourceRecord,
  parseName,
  parseRrType,
  parseZoneFile,
  printRecord,
  recordsOf,
} from '@signpost/dns'

/** Work from the vectors, and what comes out of it. */
export interface Signing {
  readonly seed: string
  readonly zone: string | null
  readonly sequence: number
  readonly ttl: number
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** The record that this one replaces; hexadecimal. */
  readonly previous: string | null
}

export interface Signed {
  readonly record: string
  /** What a peer reads out of it. */
  readonly zone: readonly string[]
}

export interface Candidate {
  readonly zoneId: string
  readonly record: string
  readonly now: number
}

export interface Question {
  readonly zoneId: string
  readonly zone: string
  readonly name: string
  readonly type: string
}

export interface Answer {
  readonly outcome: string
  readonly records: readonly string[]
}

export async function sign({ seed, zone: text, previous, ...rest }: Signing): Promise<Signed> {
  const signer = signerFromSeed(octets(seed))
  const zoneId = zoneIdOf(signer.publicKey)
  const content = text === null ? 'retired' : createZone(zoneId, read(text, apexOf(zoneId)))
  const request = { ...rest, zoneId, content } as const
  const replaced = previous === null ? {} : { previous: decodeRecord(zoneId, octets(previous)) }
  const record: SignedRecord = await signRecord({ ...request, ...replaced }, signer)
  const zone = zoneOf(decodeRecord(zoneId, record.bytes))
  return { record: hex(record.bytes), zone: zone === undefined ? [] : zoneRecords(zone).map(printRecord) }
}

export async function verdictOf({ zoneId, record, now }: Candidate): Promise<string> {
  const verdict = await verifyRecord(parseZoneId(zoneId), octets(record), { verifier: portableVerifier, now })
  return verdict.kind === 'valid' ? 'valid' : verdict.error.code
}

export function answer({ zoneId, zone, name, type }: Question): Answer {
  const id = parseZoneId(zoneId)
  const apex = apexOf(id)
  const owner = name === '@' ? apex : parseName(name, apex)
  const result = lookup(createZone(id, read(zone, apex)), owner, parseRrType(type) ?? 0)
  return { outcome: result.kind, records: 'set' in result ? recordsOf(result.set).map(printRecord) : [] }
}

function read(text: string, origin: Name): ResourceRecord[] {
  return parseZoneFile(text, { origin, defaultTtl: 300 })
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, octet => octet.toString(16).padStart(2, '0')).join('')
}

function octets(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
