import { type SignedRecord, type ZoneId, compareRecords } from '@signpost/core'
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

/** What a {@link PublishConflictError} is made of. */
export interface PublishConflict {
  readonly zoneId: ZoneId
  /** The sequence from which the change was made, 0 for none. */
  readonly expected: number
  /** The sequence that stands now. */
  readonly current: number
  /** The record from which the change was made, as far as this node has it. */
  readonly base: SignedRecord | undefined
  /** The record that stands now, as far as this node has it. */
  readonly theirs: SignedRecord | undefined
  /** Our record, where it was signed and put already. No peer takes it any more. */
  readonly lost?: SignedRecord | undefined
  /** False where `theirs` may have been built on `lost` after all: the records between the two are not at hand. */
  readonly certain?: boolean
  /** What turns the zone that the change was made from into theirs: lines of the zone file behind `+ ` and `- `. */
  readonly diff: readonly string[]
  /** Why nobody can tell what the change was, where that is so: it cannot be made again by itself. */
  readonly gap?: string | undefined
  /** What keeps the change from being made again by itself; where that was tried, at least one. */
  readonly obstacles?: readonly string[]
}

/**
 * Another record stands than the one from which a change was made, signed with the same key from elsewhere. To publish
 * would undo what it says. Nothing was published, or what was published lost against it (`lost`).
 */
export class PublishConflictError extends SignpostError implements PublishConflict {
  readonly code = 'PUBLISH_CONFLICT'
  readonly zoneId: ZoneId
  readonly expected: number
  readonly current: number
  readonly base: SignedRecord | undefined
  readonly theirs: SignedRecord | undefined
  readonly lost: SignedRecord | undefined
  readonly certain: boolean
  readonly diff: readonly string[]
  readonly gap: string | undefined
  readonly obstacles: readonly string[]

  constructor(conflict: PublishConflict, options?: ErrorOptions) {
    super(conflictMessage(conflict), options)
    this.zoneId = conflict.zoneId
    this.expected = conflict.expected
    this.current = conflict.current
    this.base = conflict.base
    this.theirs = conflict.theirs
    this.lost = conflict.lost
    this.certain = conflict.certain ?? true
    this.diff = conflict.diff
    this.gap = conflict.gap
    this.obstacles = conflict.obstacles ?? []
  }
}

const NO_VERSION = 'this change was made from no version'

function conflictMessage(conflict: PublishConflict): string {
  const { zoneId, expected, current, base, theirs, lost, certain = true, gap, obstacles = [] } = conflict
  if (obstacles.length > 0)
    return (
      `this change of zone ${zoneId} cannot be made again from sequence ${current} by itself, so nothing was ` +
      `published: ${obstacles.join('; ')}; settle that by hand and publish from sequence ${current}`
    )
  const orRebase = gap === undefined ? ', or rebase it' : ''
  return `${situationOf()}; look at what it says, then make the change again from sequence ${current}${orRebase}`

  function situationOf(): string {
    const nothing = 'so nothing was published'
    if (lost?.sequence === current)
      return `sequence ${current} of zone ${zoneId} was published from elsewhere at the same time, and that record won`
    if (lost !== undefined)
      return certain
        ? `sequence ${lost.sequence} of zone ${zoneId} lost against sequence ${current} from elsewhere, which does not build on it`
        : `zone ${zoneId} is at sequence ${current} from elsewhere, which may not build on sequence ${lost.sequence} that was published here`
    if (base !== undefined && theirs !== undefined && compareRecords(base, theirs) === 0)
      return `sequence ${current} of zone ${zoneId} was rebased and has changes from elsewhere that are not in this version, ${nothing}`
    if (expected === current) return `zone ${zoneId} has another record with sequence ${current}, ${nothing}`
    if (expected === 0)
      return `zone ${zoneId} is at sequence ${current}, and ${gap ?? NO_VERSION}, ${nothing}`
    const from = `not at ${expected} from which this change was made`
    return `zone ${zoneId} is at sequence ${current}, ${from}, ${nothing}`
  }
}

/** A new version would take away most of a zone, which is a mistake more often than not. Nothing was published. */
export class ZoneLossError extends SignpostError {
  readonly code = 'ZONE_LOSS'
  readonly zoneId: ZoneId
  /** The sequence that it would replace. */
  readonly sequence: number
  /** RRsets of that version which the new one does not have at all. */
  readonly lost: number
  /** RRsets of that version. */
  readonly of: number
  /** What the new version changes: lines of the zone file behind `+ ` and `- `. */
  readonly diff: readonly string[]

  constructor(
    zoneId: ZoneId,
    loss: { sequence: number; lost: number; of: number; diff: readonly string[] },
    options?: ErrorOptions,
  ) {
    super(
      `this version would take away ${loss.lost} of the ${loss.of} RRsets in sequence ${loss.sequence} of zone ${zoneId}, ` +
        'more than half, so nothing was published; look at what changes, and publish with force if it is meant',
      options,
    )
    this.zoneId = zoneId
    this.sequence = loss.sequence
    this.lost = loss.lost
    this.of = loss.of
    this.diff = loss.diff
  }
}

/** A version of an own zone that is not, or no longer, in the history that this node keeps of it. */
export class NotInHistoryError extends SignpostError {
  readonly code = 'NOT_IN_HISTORY'
  readonly zoneId: ZoneId
  readonly sequence: number
  /** The sequences that are. */
  readonly kept: readonly number[]

  constructor(zoneId: ZoneId, sequence: number, kept: readonly number[], options?: ErrorOptions) {
    const [first, last] = [kept[0], kept.at(-1)]
    super(
      first === undefined
        ? `this node has no history of zone ${zoneId}: nothing was ever published from its data directory`
        : `sequence ${sequence} of zone ${zoneId} is not in its history here, which has ${kept.length} from ${first} to ${last}; name one of those`,
      options,
    )
    this.zoneId = zoneId
    this.sequence = sequence
    this.kept = kept
  }
}

/** Some program signed the zone with the last sequence that there is, so that nothing can follow. */
export class SequenceExhaustedError extends SignpostError {
  readonly code = 'SEQUENCE_EXHAUSTED'
  readonly zoneId: ZoneId

  constructor(zoneId: ZoneId, options?: ErrorOptions) {
    super(
      `zone ${zoneId} is at sequence ${Number.MAX_SAFE_INTEGER}, the last that there is, so it cannot change any more; ` +
        'publish under a new key, and tell who uses the zone',
      options,
    )
    this.zoneId = zoneId
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

/** A node was asked for something after it was told to stop, or stopped before that was done. */
export class NodeStoppedError extends SignpostError {
  readonly code = 'NODE_STOPPED'

  constructor(options?: ErrorOptions) {
    super('this node has stopped; start another one', options)
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
