import type { SignedRecord, ZoneId } from '@signpost/core'
import { freshnessOf } from '@signpost/core'
import type { Limit } from '@signpost/dns'
import { type Clock, SteadyClock } from '../clock.ts'
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

/** The part of the interval by which a round may be early, so that nodes that started together drift apart. */
const JITTER = 0.1
/** Milliseconds after the start within which the first round comes. */
const FIRST_ROUND = 60_000
/** Zones that have their turn at the same time. */
const AT_A_TIME = 4
/** Milliseconds that each turn takes at least: four zones a second, or 57,600 within the interval, flood nobody. */
const PAUSE = 1_000

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
 * Gives the signed octets of every own and followed zone to peers again, while they are valid; no key is needed. It asks
 * the network first: where the owner has published something newer from elsewhere, that goes out instead, and never
 * the older one again.
 * @throws the reason of `signal` where that aborted. What fails for one zone is in the report.
 */
export async function republish(
  context: RepublishContext,
  options: RepublishOptions = {},
): Promise<RepublishReport> {
  const { store, emit } = context
  const clock = new SteadyClock(context.clock)
  const waiting = await zonesKeptAlive(store)
  const zones: ZoneRepublished[] = []
  const work = async (): Promise<void> => {
    for (let zoneId = waiting.shift(); zoneId !== undefined; zoneId = waiting.shift()) {
      options.signal?.throwIfAborted()
      // It may be followed no longer.
      if (!store.keepsAlive(zoneId)) continue
      const next = clock.now() + PAUSE
      const republished = await republishZone(context, zoneId, options)
      zones.push(republished)
      emit('republished', republished)
      if (waiting.length > 0) await pauseUntil(next, clock, options.signal)
    }
  }
  // All of them: who asks to stop may close the disk when this is over.
  const ends = await Promise.allSettled(Array.from({ length: AT_A_TIME }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return { zones: zones.sort((a, b) => (a.zoneId < b.zoneId ? -1 : 1)) }
}

/** Own and followed zones, in the order of their IDs. */
export async function zonesKeptAlive(store: Store): Promise<ZoneId[]> {
  const followed = (await store.followed()).map(({ zoneId }) => zoneId)
  return [...new Set([...(await store.ownZones()), ...followed])].sort()
}

async function republishZone(
  context: RepublishContext,
  zoneId: ZoneId,
  options: RepublishOptions,
): Promise<ZoneRepublished> {
  try {
    const record = await bestRecord(context, zoneId, options)
    if (record === undefined) return { kind: 'absent', zoneId }
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
): Promise<SignedRecord | undefined> {
  const outcome = await context.resolver.resolve(zoneId, {
    policy: 'network-first',
    ...(signal && { signal }),
  })
  if (outcome.kind === 'invalid') throw outcome.error
  return outcome.kind === 'absent' ? undefined : outcome.record
}

/** Resolves at a time, or when the signal aborts. */
async function pauseUntil(time: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true || time <= clock.now()) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(time - clock.now(), resolve)
  const end = (): void => {
    resolve()
  }
  signal?.addEventListener('abort', end)
  await promise
  signal?.removeEventListener('abort', end)
  cancel()
}
