import { SignpostError } from '@signpost/dns'
import {
  BadSignatureError,
  type MalformedRecordError,
  RecordExpiredError,
  type RecordTooLargeError,
} from './errors.ts'
import { isExpired } from './freshness.ts'
import type { Verifier } from './keys.ts'
import { type SignedRecord, decodeRecord } from './record.ts'
import { signedMessage } from './signed-message.ts'
import type { Zone } from './zone.ts'
import { decodeZone } from './zone-payload.ts'
import { type ZoneId, publicKeyOf } from './zone-id.ts'

/** What a record is worth. `expired` is good in every other way: its owner did sign it. */
export type Verdict =
  | { readonly kind: 'valid'; readonly record: SignedRecord }
  | { readonly kind: 'expired'; readonly record: SignedRecord; readonly error: RecordExpiredError }
  | {
      readonly kind: 'invalid'
      readonly error: MalformedRecordError | BadSignatureError | RecordTooLargeError
    }

export interface VerifyContext {
  readonly verifier: Verifier
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Checks all of a record that came from anywhere: size, form, signature, zone, time. Never throws for its octets. */
export async function verifyRecord(
  zoneId: ZoneId,
  bytes: Uint8Array,
  context: VerifyContext,
): Promise<Verdict> {
  try {
    const record = decodeRecord(zoneId, bytes)
    await checkSignature(record, context.verifier)
    // Only now, when the octets are known to be the owner's, is the larger part of the work worth doing.
    zoneOf(record)
    if (!isExpired(record, context.now)) return { kind: 'valid', record }
    return {
      kind: 'expired',
      record,
      error: new RecordExpiredError(zoneId, record.validity, record.expiresAt),
    }
  } catch (error) {
    if (isRefusal(error)) return { kind: 'invalid', error }
    throw error
  }
}

const zones = new WeakMap<SignedRecord, Zone>()

/**
 * The zone in a record, decoded once; undefined where the record has none.
 * @throws MalformedRecordError where it does not decode, which `verifyRecord` has ruled out.
 */
export function zoneOf(record: SignedRecord): Zone | undefined {
  if (record.content.kind !== 'zone') return undefined
  const known = zones.get(record)
  if (known !== undefined) return known
  const zone = decodeZone(record.zoneId, record.content.octets)
  zones.set(record, zone)
  return zone
}

/** As {@link zoneOf}, for records from a disk, which may have damaged them since they were verified: undefined then. */
export function zoneIn(record: SignedRecord | undefined): Zone | undefined {
  try {
    return record && zoneOf(record)
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

async function checkSignature(record: SignedRecord, verifier: Verifier): Promise<void> {
  const { zoneId, data, signature } = record
  let good: boolean
  let cause: unknown
  try {
    good = await verifier.verify(publicKeyOf(zoneId), signedMessage(data), signature)
  } catch (error) {
    // Platforms throw for a key that is no point of the curve; nothing can be signed under such a zone ID.
    good = false
    cause = error
  }
  if (!good)
    throw new BadSignatureError(
      `the record is not signed with the key of ${zoneId}; ask another peer`,
      zoneId,
      {
        cause,
      },
    )
}

function isRefusal(error: unknown): error is MalformedRecordError | BadSignatureError | RecordTooLargeError {
  return (
    error instanceof SignpostError &&
    ['MALFORMED_RECORD', 'BAD_SIGNATURE', 'RECORD_TOO_LARGE'].includes(error.code)
  )
}
