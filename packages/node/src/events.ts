import type { SignedRecord, ZoneId } from '@signpost/core'
import { TypedEventEmitter, type TypedEventTarget } from 'main-event'
import type { PublishConflictError } from './errors.ts'
import type { Refusal } from './refusals.ts'

/** What became of a zone, own or followed, when it had its turn. */
export type ZoneRepublished =
  | {
      /** Peers were given the best record there is, which may be one that the owner published elsewhere. */
      readonly kind: 'sent'
      readonly zoneId: ZoneId
      readonly sequence: number
      readonly acks: number
      readonly asked: number
      /** Milliseconds since the epoch; its owner has to publish again before. */
      readonly expiresAt: number
    }
  | {
      readonly kind: 'expired'
      readonly zoneId: ZoneId
      readonly sequence: number
      readonly expiresAt: number
    }
  | {
      /** A followed zone of which neither this node nor anybody whom it heard has a record. */
      readonly kind: 'absent'
      readonly zoneId: ZoneId
    }
  | { readonly kind: 'failed'; readonly zoneId: ZoneId; readonly error: Error }

/** Each event of a node, and what its listeners get as `detail`. */
export interface NodeEventDetails {
  /** A verified record became the zone's, on this node's disk. `peer` is undefined for one that was put here. */
  record: { readonly record: SignedRecord; readonly peer: string | undefined }
  /** One of our own records went out to peers. */
  published: {
    readonly zoneId: ZoneId
    readonly sequence: number
    readonly acks: number
    readonly asked: number
  }
  /** An own or followed zone was given to peers again, or could not be. */
  republished: ZoneRepublished
  /** From now on a zone is followed, or followed no longer. It is on disk. */
  followed: { readonly zoneId: ZoneId; readonly isFollowed: boolean }
  /** A key signed two records for one sequence. Both are kept as evidence. */
  equivocation: {
    readonly zoneId: ZoneId
    readonly sequence: number
    readonly records: readonly [SignedRecord, SignedRecord]
  }
  /**
   * A record that was published here is not the zone's any more, after its publisher was told that it stands: another
   * one from elsewhere took its place that does not build on it, or is not known to.
   */
  conflict: { readonly error: PublishConflictError }
  /** A record that a peer brought is not taken, and not served to anybody. */
  refused: Refusal
  /** A peer that held an older record was given the newer one. */
  corrected: {
    readonly zoneId: ZoneId
    readonly sequence: number
    readonly peer: string
    readonly accepted: boolean
  }
  /** How many peers the node is connected to, after it changed. */
  peers: { readonly count: number }
}

export type NodeEventName = keyof NodeEventDetails

/** For `addEventListener`: the type of event of each name. */
export type NodeEvents = { [Name in NodeEventName]: CustomEvent<NodeEventDetails[Name]> }

export type NodeEventTarget = Pick<TypedEventTarget<NodeEvents>, 'addEventListener' | 'removeEventListener'>

/** How the parts of a node say what happened. */
export type EmitEvent = <Name extends NodeEventName>(name: Name, detail: NodeEventDetails[Name]) => void

/** Listeners on one side, `emit` on the other. A listener that throws stops nothing inside the node. */
export class NodeEventEmitter extends TypedEventEmitter<NodeEvents> {
  readonly emit: EmitEvent = (name, detail) => {
    this.safeDispatchEvent(name, { detail })
  }
}
