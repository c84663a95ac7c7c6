import { digestOf } from './descent.ts'
import { envelopeOverhead } from './envelope.ts'
import { BadSignatureError, EmptyZoneError, RecordTooLargeError } from './errors.ts'
import { type Signer, portableVerifier } from './keys.ts'
import { compareOctets } from './octets.ts'
import { encodeRecordData } from './record-data.ts'
import { MAX_RECORD_LENGTH, type SignedRecord, recordOf } from './record.ts'
import { signedMessage } from './signed-message.ts'
import { printValidity } from './validity.ts'
import { type ZoneId, publicKeyOf } from './zone-id.ts'
import { decodeZone, encodeZone } from './zone-payload.ts'
import { type Zone, zoneRecords } from './zone.ts'

/** Seconds; the IPNS record specification suggests five minutes. */
export const DEFAULT_RECORD_TTL = 300
/** A path to an empty IPFS file: the value of a key that serves a zone and no IPFS site. */
export const DEFAULT_VALUE = '/ipfs/bafkqaaa'

const DELEGATE =
  'delegate some labels to a second key (label NS <second zone id>.) and publish those records there'

/** What the owner wants to sign. */
export interface SignRequest {
  readonly zoneId: ZoneId
  /** `'retired'` withdraws the zone on purpose. */
  readonly content: Zone | 'retired'
  /** 0 to 2^53 - 1, above every sequence signed before. */
  readonly sequence: number
  /** Milliseconds since the epoch, up to the year 5169. */
  readonly expiresAt: number
  /** Seconds, 0 to 2^31 - 1; {@link DEFAULT_RECORD_TTL} where absent. */
  readonly ttl?: number
  /** The record that this one replaces. */
  readonly previous?: SignedRecord
  /** A content path for IPFS; {@link DEFAULT_VALUE} where absent. */
  readonly value?: string
}

/**
 * Signs a zone, or its retirement. The same request gives the same octets.
 * @throws RecordTooLargeError, EmptyZoneError
 * @throws MalformedRecordError for a zone that `createZone` did not make and no peer would believe.
 * @throws BadSignatureError where the signer's signature does not verify under the zone's key.
 * @throws RangeError, TypeError for a request that contradicts itself: a sequence that is not above the previous
 * one's, a zone of another key, a field outside its range.
 */
export async function signRecord(request: SignRequest, signer: Signer): Promise<SignedRecord> {
  const { zoneId } = request
  const publicKey = publicKeyOf(zoneId)
  if (compareOctets(signer.publicKey, publicKey) !== 0)
    throw new BadSignatureError(
      `the signer does not hold the key of ${zoneId}; use the zone's own key`,
      zoneId,
    )
  const data = dataOf(request)
  const size = data.length + envelopeOverhead(data.length)
  if (size > MAX_RECORD_LENGTH) throw new RecordTooLargeError(size, MAX_RECORD_LENGTH, DELEGATE)
  const message = signedMessage(data)
  const signature = Uint8Array.from(await signer.sign(message))
  // A device that signs wrongly must be noticed here, not by every peer.
  if (!(await portableVerifier.verify(publicKey, message, signature)))
    throw new BadSignatureError(
      'the signer returned a signature that does not verify; check the device',
      zoneId,
    )
  return recordOf(zoneId, signature, data)
}

/**
 * Octets of the whole record that a request would give, also above the limit ({@link MAX_RECORD_LENGTH}).
 * @throws as {@link signRecord} does, except for the size and the signature.
 */
export function signedSize(request: SignRequest): number {
  const { length } = dataOf(request)
  return length + envelopeOverhead(length)
}

function dataOf(request: SignRequest): Uint8Array {
  const { zoneId, content, sequence, previous } = request
  const zone = content === 'retired' ? undefined : payloadOf(zoneId, content)
  if (previous !== undefined) checkPrevious(request, previous)
  return encodeRecordData({
    value: request.value ?? DEFAULT_VALUE,
    validity: printValidity(request.expiresAt),
    sequence,
    ttl: request.ttl ?? DEFAULT_RECORD_TTL,
    zone,
    previous: previous === undefined ? undefined : digestOf(previous),
    gone: content === 'retired',
  })
}

function payloadOf(zoneId: ZoneId, zone: Zone): Uint8Array {
  if (zone.id !== zoneId) throw new TypeError(`the zone is that of ${zone.id}, not of ${zoneId}`)
  if (zoneRecords(zone).length === 0) throw new EmptyZoneError()
  const payload = encodeZone(zone)
  // A zone is an interface and can be made by hand; nothing is signed that a peer would not believe.
  decodeZone(zoneId, payload)
  return payload
}

function checkPrevious({ zoneId, sequence }: SignRequest, previous: SignedRecord): void {
  if (previous.zoneId !== zoneId) throw new TypeError(`the previous record is one of ${previous.zoneId}`)
  if (sequence <= previous.sequence)
    throw new RangeError(`sequence ${sequence} is not above ${previous.sequence}, which it is to replace`)
}
