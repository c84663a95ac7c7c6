import { type SignedRecord, type ZoneId, freshnessOf } from '@signpost/core'
import type { SignpostError } from '@signpost/dns'
import { StaleSequenceError } from '../errors.ts'
import type { LookupEnd, Provenance, ResolveOutcome } from './resolver.ts'
import type { Tally } from './tally.ts'

/** What a node knows when it has to answer. */
export interface Findings {
  readonly zoneId: ZoneId
  /** Undefined where no peer was asked. */
  readonly tally: Tally | undefined
  /** The verified record on disk, and when it was last confirmed. */
  readonly held: { readonly record: SignedRecord; readonly receivedAt: number } | undefined
  /** Why the lookup ended; undefined while it goes on behind. */
  readonly end: LookupEnd | undefined
  /** Milliseconds since the caller asked. */
  readonly elapsed: number
}

/** An outcome, or that nothing can be said yet: not all peers have answered. */
export type Conclusion =
  | ResolveOutcome
  | { readonly kind: 'unfinished'; readonly refusal: SignpostError | undefined }

/** The answer that follows from what is known. `absent` is said only where the lookup heard everybody. */
export function conclude(findings: Findings, now: number): Conclusion {
  const { tally, held, end } = findings
  const record = tally?.best ?? held?.record
  const provenance = provenanceOf(findings)
  if (record !== undefined) {
    const receivedAt = provenance.source === 'network' ? now : (held?.receivedAt ?? now)
    const freshness = freshnessOf(record, receivedAt, now)
    if (freshness === 'expired') return { kind: 'expired', record, provenance }
    // What a peer gave at this moment is fresh whatever its TTL, which may be 0.
    return {
      kind: 'found',
      record,
      freshness: receivedAt === now ? 'fresh' : freshness,
      receivedAt,
      provenance,
    }
  }
  const refusal = refusalOf(findings)
  if (tally !== undefined && end !== 'exhausted') return { kind: 'unfinished', refusal }
  return refusal === undefined
    ? { kind: 'absent', provenance }
    : { kind: 'invalid', error: refusal, provenance }
}

function provenanceOf({ tally, elapsed }: Findings): Provenance {
  return {
    source: tally?.peer === undefined ? 'disk' : 'network',
    peer: tally?.peer,
    agreed: tally?.agreed ?? 0,
    asked: tally?.asked ?? 0,
    elapsed,
  }
}

function refusalOf({ zoneId, tally }: Findings): SignpostError | undefined {
  const refused = tally?.refused
  if (refused === undefined) return undefined
  return refused.kind === 'invalid'
    ? refused.error
    : new StaleSequenceError(zoneId, refused.record.sequence, tally?.floor ?? 0)
}
