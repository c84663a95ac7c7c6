// Records of an owner's zone that nobody may take: each way in which they can be wrong.
import { MAX_RECORD_LENGTH, decodeRecord } from '@signpost/core'
import { type Owner, NOW, createOwner } from './engine.test-support.ts'
import type { RefusalReason } from './refusals.ts'

export interface BadRecord {
  readonly what: string
  readonly bytes: Uint8Array
  readonly reason: RefusalReason
}

/** @param now milliseconds since the epoch. All have sequence 9, so that one that were taken would win. */
export async function badRecords(owner: Owner, now: number = NOW): Promise<BadRecord[]> {
  const good = await owner.sign(9, { expiresAt: now + 60_000 })
  const expired = await owner.sign(9, { expiresAt: now - 1 })
  const stranger = createOwner(200)
  const others = await stranger.sign(9, { expiresAt: now + 60_000 })
  const later = await owner.sign(10, { expiresAt: now + 60_000 })
  return [
    bad('no octets', 'malformed', new Uint8Array()),
    bad('octets that say nothing', 'malformed', Uint8Array.of(0xde, 0xad, 0xbe, 0xef)),
    bad('a record that was cut off', 'malformed', good.bytes.slice(0, -10)),
    bad('a record without a signature', 'malformed', field(DATA, good.data)),
    bad('a signature of nothing', 'forged', envelope(new Uint8Array(64), good.data)),
    bad('a record that was changed after it was signed', 'forged', envelope(good.signature, later.data)),
    bad('a record that another key signed', 'forged', envelope(await sign(stranger, good.data), good.data)),
    bad('another zone’s record', 'forged', others.bytes),
    bad('a record over its validity', 'expired', expired.bytes),
    bad('more octets than a record may have', 'oversized', padded(good.bytes)),
    bad('an empty zone that its owner signed', 'empty', await withZone(owner, good.data, EMPTY_MESSAGE)),
    bad(
      'a zone of no octets that its owner signed',
      'malformed',
      await withZone(owner, good.data, new Uint8Array()),
    ),
  ]
}

const bad = (what: string, reason: RefusalReason, bytes: Uint8Array): BadRecord => ({ what, reason, bytes })

const [SIGNATURE, DATA, UNKNOWN] = [8, 9, 15]

/** A DNS message with QR and AA set, and no record. */
const EMPTY_MESSAGE = Uint8Array.of(0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** One field of protobuf, of up to 16,383 octets. */
function field(number: number, octets: Uint8Array): Uint8Array {
  const { length } = octets
  const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Uint8Array.from([(number << 3) | 2, ...size, ...octets])
}

function envelope(signature: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from([...field(SIGNATURE, signature), ...field(DATA, data)])
}

function padded(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes, ...field(UNKNOWN, new Uint8Array(MAX_RECORD_LENGTH))])
}

async function sign({ signer }: Owner, data: Uint8Array): Promise<Uint8Array> {
  return signer.sign(Uint8Array.from([...new TextEncoder().encode('ipns-signature:'), ...data]))
}

/** Signs a record whose zone has other octets, 23 at most. */
async function withZone(owner: Owner, data: Uint8Array, zone: Uint8Array): Promise<Uint8Array> {
  const key = Buffer.from('_dns')
  const at = Buffer.from(data).indexOf(key) + key.length
  const { content } = decodeRecord(owner.zoneId, envelope(new Uint8Array(64), data))
  const before = content.kind === 'zone' ? content.octets.length : 0
  // CBOR: up to 23 octets have their number in the first, up to 255 in the second.
  const header = before < 24 ? 1 : 2
  const changed = [...data.slice(0, at), 0x40 | zone.length, ...zone, ...data.slice(at + header + before)]
  const signed = Uint8Array.from(changed)
  return envelope(await sign(owner, signed), signed)
}
