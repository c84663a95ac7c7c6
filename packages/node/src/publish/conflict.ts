import { type SignedRecord, type Zone, descentOf, diffZones, printZoneDiff, zoneOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import { type PublishConflict, PublishConflictError } from '../errors.ts'
import type { Base } from './base.ts'

export interface ConflictFacts
  extends Pick<PublishConflict, 'zoneId' | 'current' | 'theirs' | 'lost' | 'certain' | 'obstacles'> {
  readonly base: Base
}

/** The error that says all of a conflict. */
export function conflictOf({ base, ...facts }: ConflictFacts, options?: ErrorOptions): PublishConflictError {
  const { zoneId, theirs, lost } = facts
  const diff = printZoneDiff(diffZones(base.zone, zoneIn(theirs)), zoneId)
  const certain = lost === undefined || theirs === undefined || descentOf(theirs, lost) === 'forked'
  return new PublishConflictError(
    { certain, ...facts, expected: base.sequence, base: base.record, diff },
    options,
  )
}

/** The zone in a record, undefined where it has none, and where the disk damaged it since it was verified. */
export function zoneIn(record: SignedRecord | undefined): Zone | undefined {
  try {
    return record && zoneOf(record)
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}
