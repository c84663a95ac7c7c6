import type { ZoneId } from '@signpost/core'
import { ResolveFailedError } from '../errors.ts'
import type { ResolveOutcome } from './resolver.ts'

/** Zones that are remembered; the oldest are forgotten. */
const ZONES_REMEMBERED = 10_000

/** Milliseconds until a zone of which nothing is known is looked for again; it doubles with every lookup in vain. */
const FIRST_PAUSE = 1_000

/** What a lookup in vain came to. */
type End = Extract<ResolveOutcome, { kind: 'absent' | 'invalid' }> | ResolveFailedError

interface Failed {
  readonly at: number
  readonly pause: number
  /** Undefined where there was a copy to answer with all the same. */
  readonly end: End | undefined
}

/**
 * The zones whose last lookup was in vain, so that whoever asks again and again does not make the node ask all
 * peers each time (RFC 9520, sections 3.2 and 3.3: at least a second, at most five minutes, and growing).
 */
export class FailedLookups {
  private readonly zones = new Map<ZoneId, Failed>()
  private readonly recheck: number

  /** @param recheck milliseconds that a pause lasts at most. */
  constructor(recheck: number) {
    this.recheck = recheck
  }

  add(zoneId: ZoneId, outcome: ResolveOutcome | ResolveFailedError, now: number): void {
    const end = isEnd(outcome) ? outcome : undefined
    const before = this.zones.get(zoneId)
    const pause = before === undefined || now - before.at > 2 * this.recheck ? FIRST_PAUSE : 2 * before.pause
    this.zones.delete(zoneId)
    this.zones.set(zoneId, { at: now, pause: Math.min(pause, this.recheck), end })
    const oldest = this.zones.keys().next().value
    if (this.zones.size > ZONES_REMEMBERED && oldest !== undefined) this.zones.delete(oldest)
  }

  forget(zoneId: ZoneId): void {
    this.zones.delete(zoneId)
  }

  /** Whether a copy at hand answers without another lookup (RFC 8767, section 5: the failure recheck timer). */
  sparesCopy(zoneId: ZoneId, now: number): boolean {
    const failed = this.zones.get(zoneId)
    return failed !== undefined && isWithin(now - failed.at, this.recheck)
  }

  /** What the last lookup of a zone came to, while it is too early for another. */
  endOf(zoneId: ZoneId, now: number): End | undefined {
    const failed = this.zones.get(zoneId)
    return failed !== undefined && isWithin(now - failed.at, failed.pause) ? failed.end : undefined
  }
}

function isEnd(outcome: ResolveOutcome | ResolveFailedError): outcome is End {
  return outcome instanceof ResolveFailedError || outcome.kind === 'absent' || outcome.kind === 'invalid'
}

// A clock that was set back makes no pause longer.
function isWithin(passed: number, pause: number): boolean {
  return passed >= 0 && passed < pause
}
