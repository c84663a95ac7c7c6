import type { ZoneId } from '@signpost/core'
import type { PastRecord } from '@signpost/node'
import { base64, fieldsOf, readNumber, readRecord, readZone, readZoneId, writeZone } from './codec.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Json } from './transport.ts'

// The versions of an own zone, to JSON and back: some at a time, so that no answer is longer than a line may be.

/** Versions in one answer; each has 27 kB at most, with its draft. */
export const HISTORY_PAGE = 100

export interface HistoryCall {
  readonly zoneId: ZoneId
  /** Only versions below this sequence. */
  readonly before: number | undefined
}

/** @throws DaemonProtocolError */
export function readHistoryCall(body: Json): HistoryCall {
  const { zoneId, before } = fieldsOf(body)
  return { zoneId: readZoneId(zoneId), before: before === undefined ? undefined : readNumber(before) }
}

/** The newest page of what was asked for. */
export function writeHistory(past: readonly PastRecord[], { before = Infinity }: HistoryCall): Json {
  return past
    .filter(({ record }) => record.sequence < before)
    .slice(-HISTORY_PAGE)
    .map(({ record, publishedHere, stood, draft }) => ({
      record: base64(record.bytes),
      publishedHere,
      stood,
      draft: writeZone(draft),
    }))
}

/** @throws DaemonProtocolError */
export function readHistory(zoneId: ZoneId, result: Json): PastRecord[] {
  if (!Array.isArray(result)) throw new DaemonProtocolError('a list was expected')
  return (result as readonly Json[]).map(entry => {
    const { record, publishedHere, stood, draft } = fieldsOf(entry)
    return {
      record: readRecord(zoneId, record),
      publishedHere: publishedHere === true,
      stood: stood === true,
      draft: readZone(zoneId, draft),
    }
  })
}
