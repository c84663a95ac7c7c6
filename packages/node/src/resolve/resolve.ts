import type { ZoneId } from '@signpost/core'
import { orAborted } from '../abortable.ts'
import type { Clock } from '../clock.ts'
import { conclude } from './conclusion.ts'
import { ResolveFailedError } from '../errors.ts'
import { FailedLookups } from './failed-lookups.ts'
import { type LocalContext, LocalKnowledge } from './local-knowledge.ts'
import { type LookupContext, NetworkLookup } from './network-lookup.ts'
import type { ResolveOptions, ResolveOutcome, ZoneResolver } from './resolver.ts'
import type { Tally } from './tally.ts'

/** A resolver over the disk and the network. */
export interface Resolver extends ZoneResolver {
  /** Ends all lookups, and resolves when none touches the disk or the network any more. */
  stop(): Promise<void>
}

export interface ResolverContext extends LookupContext, LocalContext {}

export function createResolver(context: ResolverContext): Resolver {
  return new DiskAndNetworkResolver(context)
}

/** A lookup under way and the callers that wait for it. */
interface Shared {
  readonly lookup: NetworkLookup
  waiting: number
  /** Somebody has an answer from it, so it goes on behind whoever leaves. */
  answered: boolean
}

class DiskAndNetworkResolver implements Resolver {
  private readonly context: ResolverContext
  private readonly local: LocalKnowledge
  private readonly lookups = new Map<ZoneId, Shared>()
  /** Those of them that nobody waits for any more, the one that was answered longest ago first. */
  private readonly behind = new Set<Shared>()
  private readonly running = new Set<NetworkLookup>()
  private readonly failures: FailedLookups
  private stopped = false

  constructor(context: ResolverContext) {
    this.context = context
    this.failures = new FailedLookups(context.limits.failureRecheck)
    this.local = new LocalKnowledge(context)
  }

  async resolve(zoneId: ZoneId, options: ResolveOptions = {}): Promise<ResolveOutcome> {
    const { policy = 'cache-first', signal, onProgress } = options
    const { clock } = this.context
    signal?.throwIfAborted()
    if (this.stopped) throw new ResolveFailedError(zoneId, 'stopped', 0)
    const startedAt = clock.now()
    const local = await this.local.of(zoneId)
    onProgress?.({ kind: 'disk', sequence: local.best?.sequence })

    const fromDisk = conclude({ zoneId, tally: local, end: 'none', elapsed: 0 }, clock.now())
    if (policy === 'cache-only' && fromDisk.kind !== 'unfinished') return fromDisk
    const usable = fromDisk.kind === 'found'
    if (policy === 'cache-first') {
      if (usable && fromDisk.freshness === 'fresh') return fromDisk
      const copy = usable || fromDisk.kind === 'expired' ? fromDisk : undefined
      const early = this.withoutLookup(zoneId, copy, startedAt)
      if (early !== undefined) return early
    }

    const shared = this.join(zoneId, local, onProgress)
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
      if (shared.waiting === 0) this.leave(shared)
    }
    // What came to this node by other ways meanwhile counts too.
    lookup.learn(await this.local.of(zoneId))
    const end = this.endOf(lookup, clock.now() - startedAt)
    if (end instanceof ResolveFailedError) throw end
    return end
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const lookup of this.running) lookup.stop()
    await Promise.all([...this.running].map(lookup => lookup.finished))
  }

  /**
   * What is answered where no lookup may start: whoever asks for a zone that is out of reach does not make this node
   * ask all peers each time, and whoever asks for many zones does not make it look for all of them at once.
   * @throws ResolveFailedError where that is nothing.
   */
  private withoutLookup(
    zoneId: ZoneId,
    copy: ResolveOutcome | undefined,
    now: number,
  ): ResolveOutcome | undefined {
    if (copy !== undefined && this.failures.sparesCopy(zoneId, now)) return copy
    if (this.lookups.has(zoneId)) return undefined
    const before = copy === undefined ? this.failures.endOf(zoneId, now) : undefined
    if (before instanceof ResolveFailedError)
      throw new ResolveFailedError(zoneId, before.reason, 0, { cause: before.cause })
    if (before !== undefined) return { ...before, provenance: { ...before.provenance, elapsed: 0 } }
    if (this.lookups.size - this.behind.size < this.context.limits.lookups) return undefined
    if (copy !== undefined) return copy
    throw new ResolveFailedError(zoneId, 'busy', 0)
  }

  /** What a lookup has come to by now. */
  private endOf(lookup: NetworkLookup, elapsed: number): ResolveOutcome | ResolveFailedError {
    const { zoneId, tally, end, failure } = lookup
    const conclusion = conclude({ zoneId, tally, end, elapsed }, this.context.clock.now())
    if (conclusion.kind !== 'unfinished') return conclusion
    const reason = end === 'failed' || end === 'stopped' ? end : 'deadline'
    return new ResolveFailedError(zoneId, reason, elapsed, { cause: conclusion.refusal ?? failure })
  }

  /** The lookup of a zone that is under way, or a new one, with one caller more. */
  private join(zoneId: ZoneId, local: Tally, onProgress: ResolveOptions['onProgress']): Shared {
    const underWay = this.lookups.get(zoneId)
    onProgress?.({ kind: 'lookup', joined: underWay !== undefined })
    if (underWay !== undefined) {
      underWay.waiting++
      this.behind.delete(underWay)
      underWay.lookup.learn(local)
      return underWay
    }
    if (this.stopped) throw new ResolveFailedError(zoneId, 'stopped', 0)
    const lookup = new NetworkLookup(zoneId, local, this.context)
    const shared: Shared = { lookup, waiting: 1, answered: false }
    this.lookups.set(zoneId, shared)
    this.running.add(lookup)
    void this.follow(zoneId, shared)
    return shared
  }

  /**
   * A lookup that answered goes on behind for whoever asks next. So many of those go on at a time as there are others:
   * a slow network must not keep new questions out, nor may a quick one have it asked without end.
   */
  private leave(shared: Shared): void {
    if (!shared.answered) return this.end(shared)
    if (this.lookups.get(shared.lookup.zoneId) === shared) this.behind.add(shared)
    const [oldest] = this.behind
    if (this.behind.size > this.context.limits.lookups && oldest !== undefined) this.end(oldest)
  }

  private end(shared: Shared): void {
    // Out of the map at once, so that nobody joins what is about to end.
    this.forget(shared)
    shared.lookup.stop()
  }

  private forget(shared: Shared): void {
    const { zoneId } = shared.lookup
    this.behind.delete(shared)
    if (this.lookups.get(zoneId) === shared) this.lookups.delete(zoneId)
  }

  private async follow(zoneId: ZoneId, shared: Shared): Promise<void> {
    const { lookup } = shared
    const startedAt = this.context.clock.now()
    const end = await lookup.over
    this.forget(shared)
    const now = this.context.clock.now()
    if (lookup.found) this.failures.forget(zoneId)
    else if (end !== 'stopped') this.failures.add(zoneId, this.endOf(lookup, now - startedAt), now)
    if (lookup.unwritten !== undefined) this.local.keep(lookup.unwritten)
    await lookup.finished
    this.running.delete(lookup)
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
