import { descentOf, diffZones, printZoneDiff, zoneIn } from '@signpost/core'
import { type PublishConflict, PublishConflictError } from '../errors.ts'
import type { Base } from './base.ts'

export interface ConflictFacts
  extends Pick<PublishConflict, 'zoneId' | 'current' | 'theirs' | 'lost' | 'certain' | 'gap' | 'obstacles'> {
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
