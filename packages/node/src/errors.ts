import type { ZoneId } from '@signpost/core'
import { SignpostError } from '@signpost/dns'

/** A signed record whose sequence is below one that was seen for its zone. It is never stored or served. */
export class StaleSequenceError extends SignpostError {
  readonly code = 'STALE_SEQUENCE'
  readonly zoneId: ZoneId
  readonly sequence: number
  /** The highest sequence that was seen for the zone. */
  readonly current: number

  constructor(zoneId: ZoneId, sequence: number, current: number, options?: ErrorOptions) {
    super(
      `sequence ${sequence} of zone ${zoneId} is older than ${current}, which was seen before; ` +
        `publish again with a sequence of ${current + 1} or more`,
      options,
    )
    this.zoneId = zoneId
    this.sequence = sequence
    this.current = current
  }
}

/** Somebody else with the same key was faster, so that publishing would undo what they signed. */
export class PublishConflictError extends SignpostError {
  readonly code = 'PUBLISH_CONFLICT'
  readonly zoneId: ZoneId
  /** The sequence that stands now. */
  readonly current: number
  /** The sequence that the caller meant to replace or to publish. */
  readonly expected: number

  constructor(zoneId: ZoneId, expected: number, current: number, options?: ErrorOptions) {
    super(
      expected === current
        ? `zone ${zoneId} already has another record with sequence ${current}; ` +
            'look at what it says, then publish again'
        : `zone ${zoneId} is at sequence ${current}, not at ${expected} from which this change was made; ` +
            `make the change again from sequence ${current}`,
      options,
    )
    this.zoneId = zoneId
    this.expected = expected
    this.current = current
  }
}

/** Too few peers took the signed record. It is on disk all the same, and the node gives it to peers later. */
export class PublishFailedError extends SignpostError {
  readonly code = 'PUBLISH_FAILED'
  readonly zoneId: ZoneId
  readonly sequence: number
  readonly acks: number
  readonly asked: number
  readonly minAcks: number

  constructor(
    zoneId: ZoneId,
    put: { sequence: number; acks: number; asked: number; minAcks: number },
    options?: ErrorOptions,
  ) {
    super(
      `${put.acks} of ${put.asked} peers took sequence ${put.sequence} of zone ${zoneId}, fewer than ${put.minAcks}; ` +
        'the signed record is on disk, so nothing is lost: see that the node reaches peers, then republish',
      options,
    )
    this.zoneId = zoneId
    this.sequence = put.sequence
    this.acks = put.acks
    this.asked = put.asked
    this.minAcks = put.minAcks
  }
}

/** A lookup came to no end: it says nothing of the zone, neither that it exists nor that it does not. */
export class ResolveFailedError extends SignpostError {
  readonly code = 'RESOLVE_FAILED'
  readonly zoneId: ZoneId
  readonly reason: 'deadline' | 'failed' | 'stopped' | 'busy'
  /** Milliseconds since the caller asked. */
  readonly elapsed: number

  constructor(zoneId: ZoneId, reason: ResolveFailedError['reason'], elapsed: number, options?: ErrorOptions) {
    const why = {
      deadline: `in ${elapsed} ms no peer gave a usable record, and not all of them have answered`,
      failed: `the lookup failed (${String(options?.cause)})`,
      stopped: 'this node was stopped meanwhile',
      busy: 'this node is looking for as many zones as it may at a time',
    }
    super(
      `zone ${zoneId} was not resolved: ${why[reason]}; see that the node reaches peers, then try again`,
      options,
    )
    this.zoneId = zoneId
    this.reason = reason
    this.elapsed = elapsed
  }
}

/** Another process, or another node in this one, has the data directory open. */
export class StoreLockedError extends SignpostError {
  readonly code = 'STORE_LOCKED'
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(
      `${path} is in use by another Signpost node; stop that node, or give this one its own data directory`,
      options,
    )
    this.path = path
  }
}

/** A data directory that cannot be opened: no permission, a damaged database, or one of a newer version. */
export class StoreUnreadableError extends SignpostError {
  readonly code = 'STORE_UNREADABLE'
  readonly path: string

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path} cannot be opened: ${why}`, options)
    this.path = path
  }
}
