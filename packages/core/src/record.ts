import { type Envelope, decodeEnvelope, encodeEnvelope } from './envelope.ts'
import { MalformedRecordError, RecordTooLargeError } from './errors.ts'
import { decodeRecordData } from './record-data.ts'
import { parseValidity } from './validity.ts'
import { type ZoneId, publicKeyOf } from './zone-id.ts'

/** Octets of a whole record (IPNS record specification, "Record size limit"). */
export const MAX_RECORD_LENGTH = 10_240

/** What the owner signed: a zone, its end, or neither (the record of an IPFS site that has no zone). */
export type RecordContent =
  | { readonly kind: 'zone'; readonly octets: Uint8Array }
  | { readonly kind: 'retired' }
  | { readonly kind: 'none' }

/** A signed record. Whether its signature is good only `verifyRecord` says. Nothing in it may be changed. */
export interface SignedRecord {
  readonly zoneId: ZoneId
  /** The canonical envelope (signatureV2 and data only), whatever envelope the record came in. */
  readonly bytes: Uint8Array
  /** What is signed. Two records are the same exactly when their data is. */
  readonly data: Uint8Array
  /** 64 octets. */
  readonly signature: Uint8Array
  /** 0 to 2^53 - 1. */
  readonly sequence: number
  /** RFC 3339 in UTC, as signed. */
  readonly validity: string
  /** `validity` in milliseconds since the epoch. The record is good up to and including this moment. */
  readonly expiresAt: number
  /** Seconds for which a copy is fresh, 0 to 2^31 - 1. */
  readonly ttl: number
  /** A content path, for IPFS. */
  readonly value: string
  /** SHA-256 of the data of the record that this one replaces. */
  readonly previous: Uint8Array | undefined
  readonly content: RecordContent
}

/**
 * Reads a record without checking its signature, its time or its zone.
 * @throws RecordTooLargeError for more than {@link MAX_RECORD_LENGTH} octets.
 * @throws MalformedRecordError for anything that is no V2 IPNS record under the zone's key.
 */
export function decodeRecord(zoneId: ZoneId, bytes: Uint8Array): SignedRecord {
  if (bytes.length > MAX_RECORD_LENGTH)
    throw new RecordTooLargeError(bytes.length, MAX_RECORD_LENGTH, 'ask another peer')
  // A copy that is a plain Uint8Array: slices of Node's Buffer share its memory.
  const envelope = decodeEnvelope(new Uint8Array(bytes))
  checkEmbeddedKey(zoneId, envelope)
  return recordOf(zoneId, envelope.signature, envelope.data)
}

/** The record that a signature and signed data make. */
export function recordOf(zoneId: ZoneId, signature: Uint8Array, data: Uint8Array): SignedRecord {
  const { zone, gone, ...fields } = decodeRecordData(data)
  const expiresAt = parseValidity(fields.validity)
  if (expiresAt === undefined) throw new MalformedRecordError('the record has no validity')
  const content: RecordContent =
    zone !== undefined ? { kind: 'zone', octets: zone } : { kind: gone ? 'retired' : 'none' }
  return { zoneId, bytes: encodeEnvelope(signature, data), data, signature, ...fields, expiresAt, content }
}

// Field 7 is libp2p's protobuf of the public key, and says nothing that the zone ID does not say.
function checkEmbeddedKey(zoneId: ZoneId, { publicKey }: Envelope): void {
  if (publicKey === undefined) return
  const expected = [0x08, 0x01, 0x12, 0x20, ...publicKeyOf(zoneId)]
  if (publicKey.length !== expected.length || expected.some((octet, at) => publicKey[at] !== octet))
    throw new MalformedRecordError('the record carries another public key than its zone ID')
}
