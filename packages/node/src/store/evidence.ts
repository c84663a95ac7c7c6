import { type SignedRecord, type ZoneId, isEquivocation } from '@signpost/core'
import { EVIDENCE_LIMIT, type Equivocation } from './store.ts'

/** Those of a conflict's records that are not kept yet, none where they would pass the limit. */
export function newEvidence(
  kept: readonly SignedRecord[],
  conflict: readonly SignedRecord[],
): SignedRecord[] {
  const added = conflict.filter(record =>
    kept.every(one => one.sequence !== record.sequence || isEquivocation(one, record)),
  )
  return kept.length + added.length > EVIDENCE_LIMIT ? [] : added
}

/** Conflicting records by their sequence, lowest first. */
export function groupEvidence(zoneId: ZoneId, records: readonly SignedRecord[]): Equivocation[] {
  return [...Map.groupBy(records, record => record.sequence)]
    .sort(([a], [b]) => a - b)
    .map(([sequence, records]) => ({ zoneId, sequence, records }))
}
