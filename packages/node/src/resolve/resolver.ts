import type { SignedRecord, ZoneId } from '@signpost/core'
import type { SignpostError } from '@signpost/dns'

/**
 * How much of the disk and how much of the network an answer is made of. With every policy an answer is
 * verified, and never below the floor: the highest sequence that this node has ever seen of the zone.
 *
 * - `cache-first` answers from the disk while the copy is fresh, and sends nothing. Else the first usable record of
 *   any peer answers, and the lookup goes on behind so that the next answer is better. A stale copy answers where
 *   no peer does within a moment. Staleness: what the owner replaced within the TTL, or what the first peer has
 *   not heard of yet. Downgrade: none below what this node has seen.
 * - `network-first` waits until several peers agree, or until the lookup is exhausted, and takes the best of all
 *   that came and of the disk. Staleness: only what those peers have not heard of. Downgrade: a peer can hide
 *   news, which is then found with the others; it cannot bring back what this node has seen replaced.
 * - `cache-only` sends nothing. Staleness: unbounded; see `freshness`. Downgrade: none.
 */
export type ResolvePolicy = 'cache-first' | 'network-first' | 'cache-only'

export interface ResolveOptions {
  /** `cache-first` where absent. */
  readonly policy?: ResolvePolicy
  /** Gives up for this caller. Others who wait for the same zone are not disturbed. */
  readonly signal?: AbortSignal
  readonly onProgress?: (event: ResolveProgress) => void
}

/** What happens while a caller waits. */
export type ResolveProgress =
  | { readonly kind: 'disk'; readonly sequence: number | undefined }
  | { readonly kind: 'lookup'; readonly joined: boolean /* one was under way already */ }
  | {
      readonly kind: 'peer'
      readonly peer: string
      readonly answer: 'usable' | 'expired' | 'older' | 'invalid' | 'nothing'
      readonly sequence: number | undefined
    }
  | { readonly kind: 'best'; readonly sequence: number; readonly peer: string }
  | { readonly kind: 'end'; readonly reason: LookupEnd }

/** Why a lookup ended. Only `exhausted` has heard every peer that could be reached. */
export type LookupEnd = 'agreed' | 'exhausted' | 'deadline' | 'failed' | 'stopped'

/** Where an answer is from. */
export interface Provenance {
  readonly source: 'disk' | 'network'
  /** The peer of this lookup that gave it first. */
  readonly peer: string | undefined
  /** Peers that gave exactly this record. */
  readonly agreed: number
  /** Peers that answered at all. */
  readonly asked: number
  /** Milliseconds. */
  readonly elapsed: number
}

export type ResolveOutcome =
  | {
      readonly kind: 'found'
      readonly record: SignedRecord
      readonly freshness: 'fresh' | 'stale'
      /**
       * When a lookup, or the owner here, last found nothing newer, in milliseconds since the epoch: its TTL counts from
       * here. Undefined where that was never so and strangers put it to this node: then it is not fresh.
       */
      readonly confirmedAt: number | undefined
      readonly provenance: Provenance
    }
  | {
      /** The best there is, but its validity is over. Its owner has to publish again. */
      readonly kind: 'expired'
      readonly record: SignedRecord
      readonly provenance: Provenance
    }
  | {
      /** Peers gave records, and none can be used: they do not verify, or they are older than one seen before. */
      readonly kind: 'invalid'
      readonly error: SignpostError
      readonly provenance: Provenance
    }
  | {
      /** The lookup ended, and nobody who was reached has a record. It does not prove that there is none. */
      readonly kind: 'absent'
      readonly provenance: Provenance
    }

/** Finds the signed record of a zone. */
export interface ZoneResolver {
  /**
   * @throws ResolveFailedError (RESOLVE_FAILED) where the deadline passed before the lookup ended, with nothing to
   * answer. The reason of `signal` where that aborted.
   */
  resolve(zoneId: ZoneId, options?: ResolveOptions): Promise<ResolveOutcome>
}
