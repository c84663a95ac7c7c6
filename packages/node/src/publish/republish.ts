import type { SignedRecord, ZoneId } from '@signpost/core'
import { freshnessOf } from '@signpost/core'
import type { Limit } from '@signpost/dns'
import type { EmitEvent, ZoneRepublished } from '../events.ts'
import { type PutContext, giveToPeers } from './put.ts'
import type { ZoneResolver } from '../resolve/resolver.ts'
import type { Store } from '../store/store.ts'

const HOUR = 3_600_000

/** Milliseconds between two rounds. DHT servers drop a value 48 h after its last put. */
export const REPUBLISH_INTERVAL: Limit = {
  default: 4 * HOUR,
  min: 60_000,
  max: 24 * HOUR,
}

/** The part of the interval by which a round may be early, so that nodes started together drift apart. */
const JITTER = 0.1
/** Milliseconds after the start within which the first round comes. */
const FIRST_ROUND = 60_000
/** Zones that have their turn at the same time. */
const CONCURRENCY = 4

/** One round, in the order of zone IDs. */
export interface RepublishReport {
  readonly zones: readonly ZoneRepublished[]
}

export interface RepublishContext extends Pick<PutContext, 'routing' | 'clock' | 'putDeadline'> {
  readonly store: Store
  readonly resolver: ZoneResolver
  readonly emit: EmitEvent
}

export interface RepublishOptions {
  readonly signal?: AbortSignal
}

/**
 * When the next round is due.
 * @param last when the last round ended, `undefined` before the first one.
 * @param random from 0 up to, not including, 1.
 */
export function nextRepublish(
  last: number | undefined,
  now: number,
  random: number,
  interval: number = REPUBLISH_INTERVAL.default,
): number {
  if (last === undefined) return now + random * FIRST_ROUND
  return Math.max(now, last + interval * (1 - random * JITTER))
}

/**
 * Gives every own zone's signed octets to peers again; no key is needed. It asks the network first: where the owner
 * has published something newer from elsewhere, that goes out instead, and never the older one again.
 * @throws the reason of `signal` where that aborted. What fails for one zone is in the report.
 */
export async function republish(
  context: RepublishContext,
  options: RepublishOptions = {},
): Promise<RepublishReport> {
  const waiting = await context.store.ownZones()
  const zones: ZoneRepublished[] = []
  const work = async (): Promise<void> => {
    for (let zoneId = waiting.shift(); zoneId !== undefined; zoneId = waiting.shift()) {
      options.signal?.throwIfAborted()
      const republished = await republishZone(context, zoneId, options)
      zones.push(republished)
      context.emit('republished', republished)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return { zones: zones.sort((a, b) => (a.zoneId < b.zoneId ? -1 : 1)) }
}

async function republishZone(
  context: RepublishContext,
  zoneId: ZoneId,
  options: RepublishOptions,
): Promise<ZoneRepublished> {
  try {
    const record = await bestRecord(context, zoneId, options)
    const { sequence, expiresAt } = record
    const now = context.clock.now()
    if (freshnessOf(record, now, now) === 'expired') return { kind: 'expired', zoneId, sequence, expiresAt }
    const { acks, asked } = await giveToPeers(context, record, { signal: options.signal })
    return { kind: 'sent', zoneId, sequence, acks, asked, expiresAt }
  } catch (error) {
    options.signal?.throwIfAborted()
    return { kind: 'failed', zoneId, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

async function bestRecord(
  context: RepublishContext,
  zoneId: ZoneId,
  { signal }: RepublishOptions,
): Promise<SignedRecord> {
  const outcome = await context.resolver.resolve(zoneId, {
    policy: 'network-first',
    ...(signal && { signal }),
  })
  if (outcome.kind === 'found' || outcome.kind === 'expired') return outcome.record
  // An own zone is on disk, so only damage leads here.
  throw new Error(`no usable record of zone ${zoneId} is left; publish it again`)
}
