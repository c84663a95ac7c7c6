import type { SignedRecord, ZoneId } from '@signpost/core'
import type { StoredRecord, ZoneInspection } from '@signpost/node'
import { base64, fieldsOf, listOf, readNumber, readRecord, readStored, writeStored } from './daemon/codec.ts'
import { DaemonProtocolError } from './daemon/errors.ts'
import type { Json } from './daemon/transport.ts'

/** One earlier record of a zone of one's own. */
export interface HistoryEntry {
  readonly sequence: number
  readonly validity: string
  readonly octets: number
}

/** What a node has on disk of a zone, with the history in short. */
export interface Inspection {
  readonly stored: StoredRecord | undefined
  readonly floor: number | undefined
  readonly own: boolean
  readonly followed: boolean
  readonly history: readonly HistoryEntry[]
  readonly evidence: readonly { readonly sequence: number; readonly records: readonly SignedRecord[] }[]
}

export function summaryOf({ stored, floor, own, followed, history, evidence }: ZoneInspection): Inspection {
  return {
    stored,
    floor,
    own,
    followed,
    history: history.map(({ sequence, validity, bytes }) => ({ sequence, validity, octets: bytes.length })),
    evidence,
  }
}

export function writeInspection({ stored, floor, own, followed, history, evidence }: Inspection): Json {
  return {
    stored: stored && writeStored(stored),
    floor,
    own,
    followed,
    history: history.map(entry => ({ ...entry })),
    evidence: evidence.map(({ sequence, records }) => ({
      sequence,
      records: records.map(({ bytes }) => base64(bytes)),
    })),
  }
}

/** @throws DaemonProtocolError */
export function readInspection(zoneId: ZoneId, result: Json): Inspection {
  const { stored, floor, own, followed, history, evidence } = fieldsOf(result)
  return {
    stored: stored === undefined ? undefined : readStored(zoneId, stored),
    floor: floor === undefined ? undefined : readNumber(floor),
    own: own === true,
    followed: followed === true,
    history: listOf(history).map(entry => {
      const { sequence, validity, octets } = fieldsOf(entry)
      if (typeof validity !== 'string') throw new DaemonProtocolError('a validity was expected')
      return { sequence: readNumber(sequence), validity, octets: readNumber(octets) }
    }),
    evidence: listOf(evidence).map(entry => {
      const { sequence, records } = fieldsOf(entry)
      return {
        sequence: readNumber(sequence),
        records: listOf(records).map(record => readRecord(zoneId, record)),
      }
    }),
  }
}
