import type { ZoneId } from '@signpost/core'

/** How it is known that a domain says something: DNSSEC proved it, or nobody has shown otherwise since it was seen first. */
export type PinProof = 'dnssec' | 'first-use'

/** The zone that stands in for a domain. Times are milliseconds since the epoch. */
export interface Pin {
  readonly zoneId: ZoneId
  readonly by: PinProof
  /** When it was pinned to this zone. */
  readonly since: number
  /** When the domain said so last. */
  readonly seenAt: number
  /** Another zone that the domain names now, without a proof that it may: the user decides. */
  readonly conflict?: PinConflict
}

export interface PinConflict {
  readonly zoneId: ZoneId
  readonly since: number
}

/**
 * A zone that an unsigned domain names, seen once. It is no pin before it is seen again: who controls the path for a minute
 * is not to choose who answers for the domain from then on.
 */
export interface Candidate {
  readonly zoneId: ZoneId
  /** Milliseconds by a clock that never goes back. */
  readonly firstSeen: number
}

/** A pin as people are told of it. */
export interface PinReport {
  /** Without the final dot. */
  readonly domain: string
  readonly zoneId: ZoneId
  /** `user`: the user set it, which counts whatever the domain says. */
  readonly by: PinProof | 'user'
  /** Milliseconds since the epoch; absent for what the user set. */
  readonly since?: number
  /** Seen once, and not used before it is seen again. */
  readonly isWaiting?: true
  /** What the domain says instead. */
  readonly conflict?: PinConflict
}

export interface PinStats {
  /** Domains with a pin, by how it is known. */
  readonly pins: Readonly<Record<PinReport['by'], number>>
  /** Domains of which a zone was seen once. */
  readonly waiting: number
  /** Pins about which the user has to decide. */
  readonly conflicts: number
}
