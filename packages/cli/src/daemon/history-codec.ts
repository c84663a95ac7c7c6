import type { ZoneId } from '@signpost/core'
import type { PastRecord } from '@signpost/node'
import { base64, fieldsOf, readRecord } from './codec.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Json } from './transport.ts'

// The versions of an own zone, to JSON and back.

export function writeHistory(past: readonly PastRecord[]): Json {
  return past.map(({ record, publishedHere }) => ({ record: base64(record.bytes), publishedHere }))
}

/** @throws DaemonProtocolError */
export function readHistory(zoneId: ZoneId, result: Json): PastRecord[] {
  if (!Array.isArray(result)) throw new DaemonProtocolError('a list was expected')
  return (result as readonly Json[]).map(entry => {
    const { record, publishedHere } = fieldsOf(entry)
    return { record: readRecord(zoneId, record), publishedHere: publishedHere === true }
  })
}
