import {
  type SignedRecord,
  type Zone,
  type ZoneId,
  decodeRecord,
  decodeZone,
  encodeZone,
  parseZoneId,
} from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { Provenance, PutReceipt, ResolveOutcome, ResolvePolicy, StoredRecord } from '@signpost/node'
import { DaemonProtocolError } from './errors.ts'
import { type Json, errorOfReport, reportedError } from './transport.ts'

// What the calls of the daemon carry, to JSON and back. Records travel as the base64 of their octets.

export interface ResolveCall {
  readonly zoneId: ZoneId
  readonly policy: ResolvePolicy | undefined
}

export interface PutCall {
  readonly record: SignedRecord
  readonly minAcks: number | undefined
  readonly draft: Zone | undefined
}

const POLICIES: ReadonlySet<unknown> = new Set([
  'cache-first',
  'network-first',
  'cache-only',
] satisfies ResolvePolicy[])

/** @throws DaemonProtocolError */
export function readResolveCall(body: Json): ResolveCall {
  const { zoneId, policy } = fieldsOf(body)
  if (policy !== undefined && !POLICIES.has(policy))
    throw new DaemonProtocolError(`there is no policy "${text(policy)}"`)
  return { zoneId: readZoneId(zoneId), policy: policy as ResolvePolicy | undefined }
}

export function writePutCall({ record, minAcks, draft }: PutCall): Json {
  return { zoneId: record.zoneId, record: base64(record.bytes), minAcks, draft: writeZone(draft) }
}

/** @throws DaemonProtocolError */
export function readPutCall(body: Json): PutCall {
  const { zoneId: id, record, minAcks, draft } = fieldsOf(body)
  if (minAcks !== undefined && !Number.isSafeInteger(minAcks))
    throw new DaemonProtocolError('minAcks is no whole number')
  const zoneId = readZoneId(id)
  return {
    record: readRecord(zoneId, record),
    minAcks: minAcks as number | undefined,
    draft: readZone(zoneId, draft),
  }
}

export function readReceipt(result: Json): PutReceipt {
  const { sequence, acks, k } = fieldsOf(result)
  return { sequence: readNumber(sequence), acks: readNumber(acks), k: readNumber(k) }
}

export function writeOutcome(outcome: ResolveOutcome): Json {
  const provenance: Json = { ...outcome.provenance }
  switch (outcome.kind) {
    case 'found': {
      const { kind, record, freshness, confirmedAt } = outcome
      return { kind, record: base64(record.bytes), freshness, confirmedAt: confirmedAt ?? null, provenance }
    }
    case 'expired':
      return { kind: outcome.kind, record: base64(outcome.record.bytes), provenance }
    case 'invalid':
      return { kind: outcome.kind, error: { ...reportedError(outcome.error) }, provenance }
    case 'absent':
      return { kind: outcome.kind, provenance }
  }
}

/** @throws DaemonProtocolError */
export function readOutcome(zoneId: ZoneId, result: Json): ResolveOutcome {
  const { kind, record, freshness, confirmedAt, error, provenance: from } = fieldsOf(result)
  const provenance = readProvenance(from)
  if (kind === 'absent') return { kind, provenance }
  if (kind === 'invalid') return { kind, error: errorOfReport(error), provenance }
  if (kind === 'expired') return { kind, record: readRecord(zoneId, record), provenance }
  if (kind !== 'found' || (freshness !== 'fresh' && freshness !== 'stale')) throw unreadable()
  return {
    kind,
    record: readRecord(zoneId, record),
    freshness,
    confirmedAt: readConfirmation(confirmedAt),
    provenance,
  }
}

export function writeStored({ record, confirmedAt }: StoredRecord): Json {
  return { record: base64(record.bytes), confirmedAt: confirmedAt ?? null }
}

/** @throws DaemonProtocolError */
export function readStored(zoneId: ZoneId, stored: Json): StoredRecord {
  const { record, confirmedAt } = fieldsOf(stored)
  return { record: readRecord(zoneId, record), confirmedAt: readConfirmation(confirmedAt) }
}

function readConfirmation(confirmedAt: Json | undefined): number | undefined {
  return confirmedAt === null ? undefined : readNumber(confirmedAt)
}

function readProvenance(value: Json | undefined): Provenance {
  const { source, peer, agreed, asked, elapsed } = fieldsOf(value)
  if (source !== 'disk' && source !== 'network') throw unreadable()
  if (peer !== undefined && typeof peer !== 'string') throw unreadable()
  return { source, peer, agreed: readNumber(agreed), asked: readNumber(asked), elapsed: readNumber(elapsed) }
}

export function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}

export function writeZone(zone: Zone | undefined): Json | undefined {
  return zone && base64(encodeZone(zone))
}

/** @throws DaemonProtocolError */
export function readZone(zoneId: ZoneId, value: Json | undefined): Zone | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new DaemonProtocolError('a zone was expected')
  return asProtocol(() => decodeZone(zoneId, new Uint8Array(Buffer.from(value, 'base64'))))
}

/** Reads a record without verifying it: the daemon has done that, and does it with each that is put. */
export function readRecord(zoneId: ZoneId, value: Json | undefined): SignedRecord {
  if (typeof value !== 'string') throw new DaemonProtocolError('the signed record is missing')
  return asProtocol(() => decodeRecord(zoneId, new Uint8Array(Buffer.from(value, 'base64'))))
}

export function readZoneId(value: Json | undefined): ZoneId {
  if (typeof value !== 'string') throw new DaemonProtocolError('the zone ID is missing')
  return asProtocol(() => parseZoneId(value))
}

export function fieldsOf(value: Json | undefined): { readonly [key: string]: Json | undefined } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as { readonly [key: string]: Json | undefined }
  throw new DaemonProtocolError('an object was expected')
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[]
  throw new DaemonProtocolError('a list was expected')
}

export function readNumber(value: Json | undefined): number {
  if (typeof value !== 'number') throw unreadable()
  return value
}

function asProtocol<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SignpostError) throw new DaemonProtocolError(cause.message, { cause })
    throw cause
  }
}

function unreadable(): DaemonProtocolError {
  return new DaemonProtocolError('the daemon answered with something that this command cannot read')
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
