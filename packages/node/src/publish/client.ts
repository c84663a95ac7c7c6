import type { SignedRecord, Zone, ZoneId } from '@signpost/core'
import type { ZoneResolver } from '../resolve/resolver.ts'

export interface PutOptions {
  readonly signal?: AbortSignal
  /** Fewer acks than this are a failure; 1 where absent. 0 keeps the record on this node alone if need be. */
  readonly minAcks?: number
  /**
   * The zone as its publisher had written it, where the record has changes from elsewhere besides. The next
   * publication that leaves those out is told so.
   */
  readonly draft?: Zone | undefined
  readonly onProgress?: (event: PutProgress) => void
}

export type PutProgress =
  | { readonly kind: 'stored'; readonly sequence: number }
  | {
      readonly kind: 'ack'
      readonly peer: string
      readonly ok: boolean
      readonly acks: number
      readonly asked: number
    }
  | {
      /** Peers were asked what stands by now, and no other record than this one was heard of. */
      readonly kind: 'stands'
      readonly sequence: number
      /** Peers that gave exactly this record. */
      readonly agreed: number
    }

export interface PutReceipt {
  readonly sequence: number
  /** Peers that took the record. */
  readonly acks: number
  /** Peers that were asked to. */
  readonly k: number
}

/** One version of an own zone. */
export interface PastRecord {
  readonly record: SignedRecord
  /** Whether it was put here; otherwise its owner published it elsewhere. */
  readonly publishedHere: boolean
  /**
   * Of one that was put here: whether a peer gave it back, so that others could build on it. One that was on this disk
   * alone is in no later version, unless that one says so.
   */
  readonly stood: boolean
  /** See {@link PutOptions.draft}. */
  readonly draft?: Zone | undefined
}

/** Reads zones and puts signed records of one's own: a running node, or a connection to one. */
export interface ZoneClient extends ZoneResolver {
  /**
   * Writes a signed record to this node's disk as its own, then gives it to the peers closest to its key, then looks
   * whether it stands. From then on the node gives it to peers again every few hours.
   * @throws StaleSequenceError (STALE_SEQUENCE) for a sequence below the highest seen; PublishConflictError
   * (PUBLISH_CONFLICT) for another record with the same sequence: neither is stored or sent. PublishConflictError with
   * `lost` where another record won against this one meanwhile.
   * @throws PublishFailedError (PUBLISH_FAILED) where too few peers took it: it is on disk all the same.
   * @throws the verdict's error where the record does not verify, and the reason of `signal` where that aborted.
   */
  put(record: SignedRecord, options?: PutOptions): Promise<PutReceipt>
  /** The versions of an own zone that this node has on disk, oldest first; none of any other zone. */
  history(zoneId: ZoneId): Promise<readonly PastRecord[]>
}
