import type { ZoneId } from '@signpost/core'
import type { PastRecord } from '@signpost/node'
import { base64, fieldsOf, readRecord, readZone, writeZone } from './codec.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Json } from './transport.ts'

// The versions of an own zone, to JSON and back.

export function writeHistory(past: readonly PastRecord[]): Json {
  return past.map(({ record, publishedHere, draft }) => ({
    record: base64(record.bytes),
    publishedHere,
    draft: writeZone(draft),
  }))
}

/** @throws DaemonProtocolError */
export function readHistory(zoneId: ZoneId, result: Json): PastRecord[] {
  if (!Array.isArray(result)) throw new DaemonProtocolError('a list was expected')
  return (result as readonly Json[]).map(entry => {
    const { record, publishedHere, draft } = fieldsOf(entry)
    return {
      record: readRecord(zoneId, record),
      publishedHere: publishedHere === true,
      draft: readZone(zoneId, draft),
    }
  })
}
