import { zoneIdFromText } from '@signpost/core'
import type { Pin } from './pin.ts'

/** The number of the format. */
const FORMAT = 1

/** A pin in octets: JSON, so that people can read what is on their disk. */
export function encodePin(pin: Pin): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...pin }))
}

/** What {@link encodePin} made; undefined for what it did not make. */
export function decodePin(octets: Uint8Array): Pin | undefined {
  const row = readObject(octets)
  if (row?.['format'] !== FORMAT) return undefined
  const { by, since, seenAt, conflict } = row
  const zoneId = readZone(row)
  if (zoneId === undefined || !isTime(since) || !isTime(seenAt) || (by !== 'dnssec' && by !== 'first-use'))
    return undefined
  const pin: Pin = { zoneId, by, since, seenAt }
  if (conflict === undefined) return pin
  if (!isObject(conflict)) return undefined
  const [other, from] = [readZone(conflict), conflict['since']]
  return other === undefined || !isTime(from)
    ? undefined
    : { ...pin, conflict: { zoneId: other, since: from } }
}

type Fields = Readonly<Record<string, unknown>>

function readObject(octets: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(octets).toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function readZone({ zoneId }: Fields): Pin['zoneId'] | undefined {
  return typeof zoneId === 'string' ? zoneIdFromText(zoneId) : undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
