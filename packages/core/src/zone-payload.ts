import { type Message, SignpostError, decodeMessage, encodeMessage } from '@signpost/dns'
import { MalformedRecordError } from './errors.ts'
import type { ZoneId } from './zone-id.ts'
import { type Zone, zoneOfRecords, zoneRecords } from './zone.ts'

// Identifier 0; QR and AA; no question. Octets 6 and 7 are the number of records.
const HEADER = [0, 0, 0x84, 0, 0, 0, undefined, undefined, 0, 0, 0, 0]

/**
 * A zone as the octets of `_dns`: a DNS message with the records as its answers, in canonical order, names compressed.
 * Equal zones give equal octets, in whatever order their records came.
 */
export function encodeZone(zone: Zone): Uint8Array {
  const message: Message = {
    id: 0,
    response: true,
    opcode: 0,
    authoritative: true,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [],
    answers: zoneRecords(zone),
    authorities: [],
    additionals: [],
  }
  return encodeMessage(message)
}

/**
 * Reads the octets of `_dns`. Order, letter case and compression are the signer's affair: the octets are signed, so
 * only the owner can vary them, and a signer in another language compresses its own way.
 * @throws MalformedRecordError for another header, another section, octets after the message, or records that make
 * no zone, an empty one included.
 */
export function decodeZone(id: ZoneId, octets: Uint8Array): Zone {
  if (HEADER.some((octet, at) => octet !== undefined && octet !== octets[at]))
    throw new MalformedRecordError(
      'the zone in the record is no plain DNS message; its header has other fields set',
    )
  try {
    // A plain Uint8Array: what is read from Node's Buffer would share its memory.
    const message = decodeMessage(new Uint8Array(octets), { trailing: 'refuse' })
    return zoneOfRecords(id, message.answers)
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    throw new MalformedRecordError(`the zone in the record is broken: ${error.message}`, { cause: error })
  }
}
