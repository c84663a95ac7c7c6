import { SignpostError } from '@signpost/dns'
import { MalformedRecordError } from './errors.ts'
import { decodeAnswers, encodeAnswers } from './zone-message.ts'
import type { ZoneId } from './zone-id.ts'
import { type Zone, zoneOfDecoded, zoneRecords } from './zone.ts'

/**
 * A zone as the octets of `_dns`: a DNS message with the records as its answers, in canonical order, names compressed.
 * Equal zones give equal octets, in whatever order their records came.
 */
export function encodeZone(zone: Zone): Uint8Array {
  return encodeAnswers(zoneRecords(zone))
}

/**
 * Reads the octets of `_dns`. Order, letter case and compression are the signer's affair: the octets are signed, so
 * only the owner can vary them, and a signer in another language compresses its own way.
 * @throws MalformedRecordError for another header, another section, octets after the message, or records that make
 * no zone, an empty one included.
 */
export function decodeZone(id: ZoneId, octets: Uint8Array): Zone {
  try {
    const answers = decodeAnswers(octets)
    if (answers !== undefined) return zoneOfDecoded(id, answers)
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    const what = error.code === 'EMPTY_ZONE' ? 'it is empty, but not retired' : error.message
    throw new MalformedRecordError(`the zone in the record is broken: ${what}`, { cause: error })
  }
  throw new MalformedRecordError('the zone in the record is no DNS message with QR, AA and answers only')
}
