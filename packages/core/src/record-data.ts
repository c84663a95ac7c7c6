import { decode, encode } from 'cborg'
import { MAX_TTL } from '@signpost/dns'
import { MalformedRecordError } from './errors.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { parseValidity } from './validity.ts'

/** The signed fields of an IPNS record, with ours. */
export interface RecordData {
  /** A content path such as `/ipfs/bafkqaaa`. */
  readonly value: string
  /** RFC 3339, UTC. */
  readonly validity: string
  /** 0 to 2^53 - 1. */
  readonly sequence: number
  /** Seconds, 0 to 2^31 - 1. */
  readonly ttl: number
  /** `_dns`. */
  readonly zone: Uint8Array | undefined
  /** `_prev`: SHA-256 of the data that this one replaces. */
  readonly previous: Uint8Array | undefined
  /** `_gone`. */
  readonly gone: boolean
}

/** Octets of `_prev`. */
export const DIGEST_LENGTH = 32

const NANOSECONDS = 1_000_000_000n

/** Canonical DAG-CBOR: keys by length, then by octets; every length and number in its shortest form. */
export function encodeRecordData(data: RecordData): Uint8Array {
  const value = encodeUtf8(data.value)
  if (value === undefined || !isPath(data.value))
    throw new RangeError(`${JSON.stringify(data.value)} is no content path; write one such as /ipfs/bafkqaaa`)
  checkCount('sequence', data.sequence, Number.MAX_SAFE_INTEGER)
  checkCount('TTL', data.ttl, MAX_TTL)
  // cborg returns a pooled Buffer on Node.
  const octets = encode({
    Value: value,
    Validity: encodeUtf8(data.validity),
    ValidityType: 0,
    Sequence: data.sequence,
    TTL: BigInt(data.ttl) * NANOSECONDS,
    ...(data.zone === undefined ? {} : { _dns: data.zone }),
    ...(data.previous === undefined ? {} : { _prev: data.previous }),
    ...(data.gone ? { _gone: true } : {}),
  })
  return new Uint8Array(octets)
}

/**
 * Reads signed data. Keys that are not known here are left alone as long as their values are scalars (a whole number,
 * text, octets, true, false, null): a later version signs them, and a record outlives the program that stores it.
 * @throws MalformedRecordError
 */
export function decodeRecordData(octets: Uint8Array): RecordData {
  const fields = decodeCanonicalMap(octets)
  if (fields.get('ValidityType') !== 0) throw malformed('its ValidityType is not 0 (a time of expiry)')
  const value = decodeUtf8(bytesOf(fields, 'Value'))
  if (value === undefined || !isPath(value)) throw malformed('its Value is no content path')
  const validity = decodeUtf8(bytesOf(fields, 'Validity'))
  if (validity === undefined || parseValidity(validity) === undefined)
    throw malformed('its Validity is no RFC 3339 time in UTC from 1970 to 9999')
  const sequence = fields.get('Sequence')
  if (!isCount(sequence) || typeof sequence === 'bigint')
    throw malformed('its Sequence is no whole number below 2^53')
  const ttl = fields.get('TTL')
  if (!isCount(ttl)) throw malformed('its TTL is no whole number of nanoseconds')
  return {
    value,
    validity,
    sequence,
    ttl: Math.min(Number(BigInt(ttl) / NANOSECONDS), MAX_TTL),
    ...ownFieldsOf(fields),
  }
}

function ownFieldsOf(fields: Map<string, unknown>): Pick<RecordData, 'zone' | 'previous' | 'gone'> {
  const zone = fields.has('_dns') ? bytesOf(fields, '_dns') : undefined
  const previous = fields.has('_prev') ? bytesOf(fields, '_prev') : undefined
  const gone = fields.has('_gone')
  if (gone && fields.get('_gone') !== true) throw malformed('its _gone is not true')
  if (gone && zone !== undefined) throw malformed('it has both a zone and the retirement of the zone')
  if (previous !== undefined && previous.length !== DIGEST_LENGTH)
    throw malformed(`its _prev has ${previous.length} octets instead of ${DIGEST_LENGTH}`)
  return { zone, previous, gone }
}

function decodeCanonicalMap(octets: Uint8Array): Map<string, unknown> {
  let fields: unknown
  let again: Uint8Array
  try {
    fields = decode(octets, {
      useMaps: true,
      strict: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
    })
    again = encode(fields)
  } catch (error) {
    throw malformed('its data is no DAG-CBOR', error)
  }
  if (!(fields instanceof Map)) throw malformed('its data is no CBOR map')
  // Order of keys, whole numbers as floats and broken UTF-8 are all caught by comparing with the canonical octets.
  if (again.length !== octets.length || !again.every((octet, at) => octet === octets[at]))
    throw malformed('its data is not in the canonical form of DAG-CBOR')
  for (const [key, value] of fields) {
    if (typeof key !== 'string') throw malformed('a key of its data is no text')
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
      throw malformed(`its field ${key} is a list or a map`)
    if (typeof value === 'number' && !Number.isInteger(value)) throw malformed(`its field ${key} is a float`)
  }
  return fields as Map<string, unknown>
}

function bytesOf(fields: Map<string, unknown>, key: string): Uint8Array {
  const value = fields.get(key)
  if (!(value instanceof Uint8Array))
    throw malformed(`its field ${key} is ${value === undefined ? 'missing' : 'no byte string'}`)
  return value
}

function isPath(text: string): boolean {
  return text.startsWith('/') && text.length > 1
}

function isCount(value: unknown): value is number | bigint {
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && (value as number) >= 0
}

function checkCount(what: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`a record cannot have the ${what} ${value}; give a whole number from 0 to ${max}`)
}

function malformed(what: string, cause?: unknown): MalformedRecordError {
  return new MalformedRecordError(`the record is malformed: ${what}`, { cause })
}
