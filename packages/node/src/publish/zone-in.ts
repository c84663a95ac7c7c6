import { type SignedRecord, type Zone, zoneOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'

/** The zone in a record, undefined where it has none, and where the disk damaged it since it was verified. */
export function zoneIn(record: SignedRecord | undefined): Zone | undefined {
  try {
    return record && zoneOf(record)
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}
