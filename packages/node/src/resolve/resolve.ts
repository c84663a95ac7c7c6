import type { ZoneId } from '@signpost/core'
import { orAborted } from './abortable.ts'
import type { Clock } from '../clock.ts'
import { conclude } from './conclusion.ts'
import { ResolveFailedError } from '../errors.ts'
import { HeldRecords } from '../store/held-records.ts'
import { type LookupContext, NetworkLookup } from './network-lookup.ts'
import type { ResolveOptions, ResolveOutcome, ZoneResolver } from './resolver.ts'
import type { StoredRecord } from '../store/store.ts'
import { Tally } from './tally.ts'

/** Zones whose last lookup was in vain that are remembered; the oldest are forgotten. */
const FAILURES_REMEMBERED = 10_000

/** A resolver over the disk and the network. */
export interface Resolver extends ZoneResolver {
  /** Ends all lookups, and resolves when none touches the disk or the network any more. */
  stop(): Promise<void>
}

export function createResolver(context: LookupContext): Resolver {
  return new DiskAndNetworkResolver(context)
}

/** A lookup under way and the callers that wait for it. */
interface Shared {
  readonly lookup: NetworkLookup
  waiting: number
  /** Somebody has an answer from it, so it goes on behind whoever leaves. */
  answered: boolean
}

/** What this node knows of a zone before it asks anybody. */
interface Known {
  readonly held: StoredRecord | undefined
  /** It is the store's. Of what strangers put to the DHT nobody asked whether it is still the owner's last. */
  readonly isConfirmed: boolean
  /** The highest sequence ever seen. */
  readonly floor: number
}

class DiskAndNetworkResolver implements Resolver {
  private readonly context: LookupContext
  private readonly held: HeldRecords
  private readonly lookups = new Map<ZoneId, Shared>()
  private readonly running = new Set<NetworkLookup>()
  // When the last lookup of a zone ended with nothing that can be used.
  private readonly failures = new Map<ZoneId, number>()
  private stopped = false

  constructor(context: LookupContext) {
    this.context = context
    this.held = new HeldRecords(context.store, context.verifier, context.logger)
  }

  async resolve(zoneId: ZoneId, options: ResolveOptions = {}): Promise<ResolveOutcome> {
    const { policy = 'cache-first', signal, onProgress } = options
    const { clock } = this.context
    signal?.throwIfAborted()
    if (this.stopped) throw new ResolveFailedError(zoneId, 'stopped', 0)
    const startedAt = clock.now()
    const { held, isConfirmed, floor } = await this.known(zoneId, startedAt)
    onProgress?.({ kind: 'disk', sequence: held?.record.sequence })

    const fromDisk = conclude({ zoneId, tally: undefined, held, end: undefined, elapsed: 0 }, clock.now())
    if (policy === 'cache-only' && fromDisk.kind !== 'unfinished') return fromDisk
    const usable = fromDisk.kind === 'found'
    if (policy === 'cache-first') {
      if (usable && isConfirmed && fromDisk.freshness === 'fresh') return fromDisk
      // Whoever asks for a zone that is out of reach does not wait, nor ask all peers, each time.
      if ((usable || fromDisk.kind === 'expired') && this.failedLately(zoneId)) return fromDisk
    }

    const shared = this.join(zoneId, held, floor, onProgress)
    const { lookup } = shared
    const ignore = onProgress === undefined ? undefined : lookup.listen(onProgress)
    try {
      if (policy === 'network-first') await orAborted(lookup.over, signal)
      else if (!usable) await orAborted(lookup.usable, signal)
      else await orAborted(firstOrDelay(lookup.usable, clock, this.context.limits.staleWait), signal)
      shared.answered = true
    } finally {
      shared.waiting--
      ignore?.()
      if (shared.waiting === 0 && !shared.answered) this.abandon(zoneId, shared)
    }
    const now = clock.now()
    const elapsed = now - startedAt
    const outcome = conclude({ zoneId, tally: lookup.tally, held, end: lookup.end, elapsed }, now)
    if (outcome.kind !== 'unfinished') return outcome
    const reason = lookup.end === 'failed' || lookup.end === 'stopped' ? lookup.end : 'deadline'
    throw new ResolveFailedError(zoneId, reason, elapsed, { cause: outcome.refusal ?? lookup.failure })
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const lookup of this.running) lookup.stop()
    await Promise.all([...this.running].map(lookup => lookup.finished))
  }

  /** The best of the store and of what this node's DHT keeps for others, and what must not be answered. */
  private async known(zoneId: ZoneId, now: number): Promise<Known> {
    const { store, guard } = this.context
    const stored = await this.held.get(zoneId, now)
    const remembered = await guard?.remembered(zoneId, stored?.record)
    const best = remembered?.newer ?? stored
    const ever = remembered?.floor ?? (await store.floor(zoneId)) ?? 0
    const floor = Math.max(ever, best?.record.sequence ?? 0)
    const held = best !== undefined && best.record.sequence >= floor ? best : undefined
    return { held, isConfirmed: held === stored, floor }
  }

  /** The lookup of a zone that is under way, or a new one, with one caller more. */
  private join(
    zoneId: ZoneId,
    held: StoredRecord | undefined,
    floor: number,
    onProgress: ResolveOptions['onProgress'],
  ): Shared {
    const underWay = this.lookups.get(zoneId)
    onProgress?.({ kind: 'lookup', joined: underWay !== undefined })
    if (underWay !== undefined) {
      underWay.waiting++
      if (held !== undefined) underWay.lookup.tally.hold(held.record)
      return underWay
    }
    if (this.stopped) throw new ResolveFailedError(zoneId, 'stopped', 0)
    const lookup = new NetworkLookup(zoneId, new Tally(held?.record, floor), this.context)
    const shared: Shared = { lookup, waiting: 1, answered: false }
    this.lookups.set(zoneId, shared)
    this.running.add(lookup)
    void this.follow(zoneId, shared)
    return shared
  }

  private abandon(zoneId: ZoneId, shared: Shared): void {
    // Out of the map at once, so that nobody joins what is about to end.
    this.forget(zoneId, shared)
    shared.lookup.stop()
  }

  private forget(zoneId: ZoneId, shared: Shared): void {
    if (this.lookups.get(zoneId) === shared) this.lookups.delete(zoneId)
  }

  private async follow(zoneId: ZoneId, shared: Shared): Promise<void> {
    const { lookup } = shared
    const end = await lookup.over
    this.forget(zoneId, shared)
    if (lookup.found) this.failures.delete(zoneId)
    else if (end !== 'stopped') this.rememberFailure(zoneId)
    await lookup.finished
    this.running.delete(lookup)
  }

  private rememberFailure(zoneId: ZoneId): void {
    this.failures.delete(zoneId)
    this.failures.set(zoneId, this.context.clock.now())
    if (this.failures.size <= FAILURES_REMEMBERED) return
    const oldest = this.failures.keys().next().value
    if (oldest !== undefined) this.failures.delete(oldest)
  }

  private failedLately(zoneId: ZoneId): boolean {
    const at = this.failures.get(zoneId)
    return at !== undefined && this.context.clock.now() - at < this.context.limits.failureRecheck
  }
}

/** Resolves when the promise does, or after `delay` milliseconds. */
async function firstOrDelay(promise: Promise<void>, clock: Clock, delay: number): Promise<void> {
  const over = Promise.withResolvers<void>()
  const cancel = clock.after(delay, over.resolve)
  try {
    await Promise.race([promise, over.promise])
  } finally {
    cancel()
  }
}
