import { type SignedRecord, type ZoneId, freshnessOf } from '@signpost/core'
import type { SignpostError } from '@signpost/dns'
import { StaleSequenceError } from '../errors.ts'
import type { LookupEnd, Provenance, ResolveOutcome } from './resolver.ts'
import type { Tally } from './tally.ts'

/** What a node knows when it has to answer. */
export interface Findings {
  readonly zoneId: ZoneId
  /** With what is on disk, and with what peers said where any was asked. */
  readonly tally: Tally
  /** Why the lookup ended; `'none'` where there was none, undefined while it goes on behind. */
  readonly end: LookupEnd | 'none' | undefined
  /** Milliseconds since the caller asked. */
  readonly elapsed: number
}

/** An outcome, or that nothing can be said yet: not all peers have answered. */
export type Conclusion =
  | ResolveOutcome
  | { readonly kind: 'unfinished'; readonly refusal: SignpostError | undefined }

/** The answer that follows from what is known. `absent` is said only where the lookup heard everybody. */
export function conclude(findings: Findings, now: number): Conclusion {
  const { tally, end } = findings
  const provenance = provenanceOf(findings)
  if (tally.best !== undefined) return outcomeOf(tally.best, tally, provenance, now)
  const refusal = refusalOf(findings)
  if (end !== 'exhausted' && end !== 'none') return { kind: 'unfinished', refusal }
  return refusal === undefined
    ? { kind: 'absent', provenance }
    : { kind: 'invalid', error: refusal, provenance }
}

function outcomeOf(record: SignedRecord, tally: Tally, provenance: Provenance, now: number): ResolveOutcome {
  const { confirmedAt } = tally
  // Of one that nobody confirmed only its validity counts.
  const freshness = freshnessOf(record, confirmedAt ?? Number.NaN, now)
  if (freshness === 'expired') return { kind: 'expired', record, provenance }
  // What a peer gave at this moment is fresh whatever its TTL, which may be 0.
  const isNew = tally.peer !== undefined
  return { kind: 'found', record, freshness: isNew ? 'fresh' : freshness, confirmedAt, provenance }
}

function provenanceOf({ tally, elapsed }: Findings): Provenance {
  const { peer, agreed, asked } = tally
  return { source: peer === undefined ? 'disk' : 'network', peer, agreed, asked, elapsed }
}

function refusalOf({ zoneId, tally }: Findings): SignpostError | undefined {
  const { refused, floor } = tally
  if (refused === undefined) return undefined
  return refused.kind === 'invalid'
    ? refused.error
    : new StaleSequenceError(zoneId, refused.record.sequence, floor)
}
