import { type Name, SignpostError, printRrType } from '@signpost/dns'
import type { ZoneId } from './zone-id.ts'

/** Octets that are no signed record of this zone: broken protobuf, CBOR, fields or zone. Ask another peer. */
export class MalformedRecordError extends SignpostError {
  readonly code = 'MALFORMED_RECORD'
}

/** The record's signature is not one of the zone's key over the record's data. Ask another peer. */
export class BadSignatureError extends SignpostError {
  readonly code = 'BAD_SIGNATURE'
  readonly zoneId: ZoneId

  constructor(message: string, zoneId: ZoneId, options?: ErrorOptions) {
    super(message, options)
    this.zoneId = zoneId
  }
}

/** The signature was good up to `expiresAt`; the owner has to publish again. */
export class RecordExpiredError extends SignpostError {
  readonly code = 'RECORD_EXPIRED'
  readonly zoneId: ZoneId
  /** Milliseconds since the epoch. */
  readonly expiresAt: number

  constructor(zoneId: ZoneId, validity: string, expiresAt: number) {
    super(`the signed record of ${zoneId} was valid until ${validity}; its owner has to publish it again`)
    this.zoneId = zoneId
    this.expiresAt = expiresAt
  }
}

/** The record is over the limit that every IPNS node enforces. */
export class RecordTooLargeError extends SignpostError {
  readonly code = 'RECORD_TOO_LARGE'
  /** Octets of the whole record. */
  readonly size: number
  /** Octets that a record may have. */
  readonly limit: number

  /** @param advice what the reader of the message can do. */
  constructor(size: number, limit: number, advice: string) {
    const excess = size - limit
    super(
      `the record has ${size} octets, ${excess} more than the ${limit} that one record may have; ${advice}`,
    )
    this.size = size
    this.limit = limit
  }

  /** Octets that have to go. */
  get excess(): number {
    return this.size - this.limit
  }
}

/** A zone without a record is never signed: nothing may become empty unless its owner retires it on purpose. */
export class EmptyZoneError extends SignpostError {
  readonly code = 'EMPTY_ZONE'

  constructor() {
    super('the zone has no records and is not signed; to withdraw a zone on purpose, sign its retirement')
  }
}

/** One thing that is wrong with a zone. */
export interface ZoneProblem {
  /** The owner name at which it is wrong. */
  readonly name: Name
  /** The RR type at which it is wrong. */
  readonly type: number
  /** Why, and what to do. */
  readonly message: string
}

/** Records that do not make a zone. `problems` has every one that was found. */
export class InvalidZoneError extends SignpostError {
  readonly code = 'INVALID_ZONE'
  readonly problems: readonly ZoneProblem[]

  constructor(problems: readonly ZoneProblem[], options?: ErrorOptions) {
    const lines = problems.map(
      ({ name, type, message }) => `${name.toString()} ${printRrType(type)}: ${message}`,
    )
    super(lines.length === 1 ? `${lines[0]}` : `${lines.length} problems:\n${lines.join('\n')}`, options)
    this.problems = problems
  }
}
