import { RecordExpiredError, type ZoneId } from '@signpost/core'
import { StaleSequenceError } from './errors.ts'
import type { Judgement } from './resolve/candidates.ts'

/** What can be wrong with a record that a peer brings. */
export const REFUSAL_REASONS = [
  /** Octets that are no signed record, cut off or unsigned ones included. */
  'malformed',
  /** A zone without a record, though its owner did not retire it. */
  'empty',
  /** Not signed with the zone's key. */
  'forged',
  /** Over its validity. */
  'expired',
  /** More octets than a record may have. */
  'oversized',
  /** The owner has replaced it. */
  'stale',
  /** This node keeps as much for others as it may. */
  'room',
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** How often each thing was wrong, since the start. */
export type RefusalCounts = { readonly [Reason in RefusalReason]: number }

/** A record that a peer brought and this node does not take. */
export interface Refusal {
  /** Undefined where the peer did not name one. */
  readonly zoneId: ZoneId | undefined
  /** Its peer ID, or where it comes from if it has none. */
  readonly peer: string
  /** Whether it put the record here, gave it when it was asked, or said it as news. */
  readonly way: 'put' | 'answer' | 'news'
  readonly reason: RefusalReason
  readonly error: Error
}

const reasons: { readonly [code: string]: RefusalReason } = {
  BAD_SIGNATURE: 'forged',
  RECORD_EXPIRED: 'expired',
  RECORD_TOO_LARGE: 'oversized',
  STALE_SEQUENCE: 'stale',
  NO_ROOM: 'room',
}

/** What an error says of the record that it is about. */
export function reasonOf(error: unknown): RefusalReason {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if ((cause as { readonly code?: unknown } | undefined)?.code === 'EMPTY_ZONE') return 'empty'
  return (typeof code === 'string' ? reasons[code] : undefined) ?? 'malformed'
}

/** What is wrong with a peer's answer; undefined where nothing is. @param floor the highest sequence ever seen. */
export function refusedAnswer(
  zoneId: ZoneId,
  peer: string,
  judgement: Judgement,
  floor: number,
): Refusal | undefined {
  const error = errorOf(zoneId, judgement, floor)
  return error && { zoneId, peer, way: 'answer', reason: reasonOf(error), error }
}

function errorOf(zoneId: ZoneId, judgement: Judgement, floor: number): Error | undefined {
  switch (judgement.kind) {
    case 'usable':
      return undefined
    case 'invalid':
      return judgement.error
    case 'expired':
      return new RecordExpiredError(zoneId, judgement.record.validity, judgement.record.expiresAt)
    case 'older':
      return new StaleSequenceError(zoneId, judgement.record.sequence, floor)
  }
}

export class RefusalCounter {
  private readonly counted = new Map<RefusalReason, number>()

  add({ reason }: Refusal): void {
    this.counted.set(reason, (this.counted.get(reason) ?? 0) + 1)
  }

  get counts(): RefusalCounts {
    const counts = REFUSAL_REASONS.map(reason => [reason, this.counted.get(reason) ?? 0] as const)
    return Object.fromEntries(counts) as RefusalCounts
  }
}
