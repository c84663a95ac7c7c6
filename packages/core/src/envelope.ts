import { MalformedRecordError } from './errors.ts'
import { SIGNATURE_LENGTH } from './keys.ts'

/** The two fields of the protobuf message IpnsEntry that count. */
export interface Envelope {
  readonly signature: Uint8Array
  readonly data: Uint8Array
  /** Field 7, which V1 records of RSA keys need and Ed25519 records never do. */
  readonly publicKey: Uint8Array | undefined
}

const PUBLIC_KEY = 7
const SIGNATURE_V2 = 8
const DATA = 9

/** Octets that the canonical envelope adds to the data. */
export function envelopeOverhead(dataLength: number): number {
  return 2 + SIGNATURE_LENGTH + 1 + varint(dataLength).length
}

/** The canonical envelope: signatureV2, then data, and nothing else. */
export function encodeEnvelope(signature: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from([
    (SIGNATURE_V2 << 3) | 2,
    SIGNATURE_LENGTH,
    ...signature,
    (DATA << 3) | 2,
    ...varint(data.length),
    ...data,
  ])
}

/**
 * Reads an IpnsEntry of any producer. The V1 fields (1 to 6) and unknown ones have to be well formed, but they are
 * unsigned: nothing of them is believed or kept. A field that comes twice is refused: which one counts would
 * be up to the reader.
 * @throws MalformedRecordError
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const fields = new Map<number, Uint8Array | undefined>()
  let at = 0
  const readVarint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const octet = bytes[at++]
      if (octet === undefined) throw malformed('it ends inside a number')
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) {
        if (octet === 0 && shift > 0) throw malformed('it has a number in more octets than needed')
        return value
      }
    }
    throw malformed('it has a number of more than ten octets')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw malformed('it ends inside a field')
    at += length
    return bytes.slice(at - length, at)
  }
  while (at < bytes.length) {
    const tag = readVarint()
    const field = Math.floor(tag / 8)
    if (field === 0 || field > 0x1fffffff) throw malformed(`${field} is no field number`)
    if (fields.has(field)) throw malformed(`field ${field} comes twice`)
    fields.set(field, readValue(tag % 8, readVarint, take))
  }
  const signature = fields.get(SIGNATURE_V2)
  const data = fields.get(DATA)
  if (signature?.length !== SIGNATURE_LENGTH) throw malformed('it has no V2 signature of 64 octets')
  if (data === undefined) throw malformed('it has no signed data')
  if (fields.has(PUBLIC_KEY) && fields.get(PUBLIC_KEY) === undefined)
    throw malformed('its public key is a number')
  return { signature, data, publicKey: fields.get(PUBLIC_KEY) }
}

// The value of a length-delimited field; undefined for a number.
function readValue(
  wireType: number,
  readVarint: () => number,
  take: (length: number) => Uint8Array,
): Uint8Array | undefined {
  if (wireType === 2) return take(readVarint())
  if (wireType === 0) readVarint()
  else if (wireType === 1) take(8)
  else if (wireType === 5) take(4)
  else throw malformed(`it has a field of wire type ${wireType}`)
  return undefined
}

function varint(value: number): number[] {
  const octets: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80)
  octets.push(rest)
  return octets
}

function malformed(what: string): MalformedRecordError {
  return new MalformedRecordError(`the record's protobuf envelope is broken: ${what}`)
}
