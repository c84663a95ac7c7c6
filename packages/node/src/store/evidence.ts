import { type SignedRecord, type ZoneId, isEquivocation } from '@signpost/core'
import { EVIDENCE_LIMIT, type Equivocation } from './store.ts'

/**
 * Zones of which evidence is kept, own and followed ones aside; past it the oldest goes. Anybody can make keys that
 * contradict themselves: at most 16 MiB of it stays.
 */
export const CONFLICT_LIMIT = 100

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
