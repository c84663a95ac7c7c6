import { crc32 } from 'node:zlib'
import { type Message, Opcode, Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import { type Found, type Provenance, fromUpstream, settleAge } from '../../outcome.ts'
import { type Entry, isForwarded } from '../entry.ts'
import { isKeyOf, questionOfKey } from '../key.ts'
import type { Encoding } from './write-behind.ts'

/**
 * A forwarded answer in octets: the format's number, the kind, when it was stored (milliseconds since the epoch, a
 * double), of whom it was asked, a checksum of all the rest with the key, then a DNS message. LevelDB has checksums of
 * its own, but does not look at them when it reads.
 */
export interface StoredAnswer {
  readonly found: Found
  readonly storedAt: number
}

const FORMAT = 1
const KINDS: readonly Found['kind'][] = ['answer', 'no-data', 'no-name']
const Offset = { FORMAT: 0, KIND: 1, STORED_AT: 2, ORIGIN: 10, CHECKSUM: 14, MESSAGE: 18 } as const

/** How the cache's answers of upstreams are written. */
export const ENTRY_ENCODING: Encoding<Entry> = {
  keeps: ({ outcome }) => isForwarded(outcome),
  // Nothing else comes here, and what an entry is of never changes.
  encode: (key, { outcome, storedAt }) => encodeEntry(key, { found: outcome as Found, storedAt }),
}

/** @param key as the cache has it. */
export function encodeEntry(key: string, { found, storedAt }: StoredAnswer): Uint8Array {
  const message = encodeMessage(messageOf(key, settleAge(found)))
  const octets = new Uint8Array(Offset.MESSAGE + message.length)
  const view = new DataView(octets.buffer)
  view.setUint8(Offset.FORMAT, FORMAT)
  view.setUint8(Offset.KIND, KINDS.indexOf(found.kind))
  view.setFloat64(Offset.STORED_AT, storedAt)
  view.setUint32(Offset.ORIGIN, found.provenance.origin ?? 0)
  octets.set(message, Offset.MESSAGE)
  view.setUint32(Offset.CHECKSUM, checksumOf(key, octets))
  return octets
}

/** Undefined for what {@link encodeEntry} did not make, or not with this key. Whatever it was, it is an upstream's word. */
export function decodeEntry(key: string, octets: Uint8Array): StoredAnswer | undefined {
  if (octets.length < Offset.MESSAGE) return undefined
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const kind = KINDS[view.getUint8(Offset.KIND)]
  if (view.getUint8(Offset.FORMAT) !== FORMAT || kind === undefined) return undefined
  if (view.getUint32(Offset.CHECKSUM) !== checksumOf(key, octets)) return undefined
  const message = readMessage(octets.subarray(Offset.MESSAGE))
  const [question] = message?.questions ?? []
  if (message === undefined || question === undefined || !isKeyOf(key, question)) return undefined
  const { answers, authorities } = message
  const provenance: Provenance = { ...fromUpstream, origin: view.getUint32(Offset.ORIGIN) }
  const found = { kind, answers, authorities, provenance, age: 0 }
  return { found, storedAt: view.getFloat64(Offset.STORED_AT) }
}

function messageOf(key: string, { kind, answers, authorities }: Found): Message {
  return {
    id: 0,
    response: true,
    opcode: Opcode.QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    authenticData: false,
    checkingDisabled: false,
    rcode: kind === 'no-name' ? Rcode.NXDOMAIN : Rcode.NOERROR,
    questions: [questionOfKey(key)],
    answers,
    authorities,
    additionals: [],
  }
}

function readMessage(octets: Uint8Array): Message | undefined {
  try {
    return decodeMessage(octets, { trailing: 'refuse' })
  } catch {
    return undefined
  }
}

function checksumOf(key: string, octets: Uint8Array): number {
  const before = octets.subarray(0, Offset.CHECKSUM)
  return crc32(octets.subarray(Offset.MESSAGE), crc32(before, crc32(key)))
}
