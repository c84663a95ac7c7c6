import {
  type SignedRecord,
  type Verdict,
  type Verifier,
  type ZoneId,
  freshnessOf,
  routingKeyOf,
  verifyRecord,
} from '@signpost/core'
import { refusedAnswer } from '../refusals.ts'
import { orAborted } from '../abortable.ts'
import { type Judgement, judgeCandidate } from './candidates.ts'
import { type Clock, deadlineSignal } from '../clock.ts'
import type { EmitEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { ResolveLimits } from './resolve-limits.ts'
import type { LookupEnd, ResolveProgress } from './resolver.ts'
import type { Routing, RoutingAnswer } from '../routing/routing.ts'
import type { Store } from '../store/store.ts'
import type { Source, Tally } from './tally.ts'

/** What a lookup reads and writes of a store. */
export type LookupStore = Pick<Store, 'get' | 'floor' | 'put' | 'discard'>

/** What a lookup works with. */
export interface LookupContext {
  readonly routing: Routing
  readonly store: LookupStore
  readonly verifier: Verifier
  readonly clock: Clock
  readonly emit: EmitEvent
  readonly logger: Logger
  readonly limits: ResolveLimits
}

/**
 * One lookup of one zone, for all who ask meanwhile. It verifies every answer as it comes, writes what is new to
 * disk before it tells anybody, ends when enough peers agree or all were heard or the deadline passes, and then
 * gives the best record to the peers that held an older one.
 */
export class NetworkLookup {
  /** Resolves when a peer has given the best record and it is usable, and at the latest when the lookup is over. */
  readonly usable: Promise<void>
  /** Resolves when no further answer will come. */
  readonly over: Promise<LookupEnd>
  /** Resolves when nothing is left to do, corrections included. */
  readonly finished: Promise<void>
  readonly tally: Tally
  /** Why the lookup ended; undefined while it goes on. */
  end: LookupEnd | undefined
  /** What made the lookup fail, where something did. */
  failure: unknown
  /** A record that was found and that the disk did not take. */
  unwritten: SignedRecord | undefined

  readonly zoneId: ZoneId
  private readonly context: LookupContext
  private readonly networks: readonly Routing[]
  private readonly listeners = new Set<{ tell(event: ResolveProgress): void }>()
  private readonly usableNow = Promise.withResolvers<void>()
  private readonly stopping = new AbortController()
  // Peers mostly give the same octets: each is verified and written once.
  private readonly verified: { readonly value: Uint8Array; readonly verdict: Verdict }[] = []

  constructor(zoneId: ZoneId, tally: Tally, context: LookupContext) {
    this.zoneId = zoneId
    this.tally = tally
    this.context = context
    this.networks = context.routing.each ?? [context.routing]
    this.usable = this.usableNow.promise
    this.over = this.gather()
    this.finished = this.correctAfter()
  }

  /** Tells a caller what happens, from now until the returned function is called. */
  listen(tell: (event: ResolveProgress) => void): () => void {
    // An object of its own: two callers may give the same function.
    const listener = { tell }
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  /** Takes what this node knows by itself. */
  learn(local: Tally): void {
    this.tally.raise(local.floor)
    if (local.best !== undefined) this.tally.hold({ record: local.best, confirmedAt: local.confirmedAt })
  }

  /** Whether a peer has given the best record, and it is usable. */
  get found(): boolean {
    const { best, peer } = this.tally
    return best !== undefined && peer !== undefined && this.isUsable(best)
  }

  /** Ends the lookup without an answer. */
  stop(): void {
    this.stopping.abort(new Error('the lookup was stopped'))
  }

  private async gather(): Promise<LookupEnd> {
    const { clock, limits } = this.context
    const deadline = deadlineSignal(clock, limits.deadline, () => new Error('the deadline has passed'))
    const done = new AbortController()
    const signal = AbortSignal.any([deadline.signal, this.stopping.signal, done.signal])
    // Side by side, and each to its own end: one network may have news that another has not heard of.
    const ends = await Promise.all(this.networks.map((_, network) => this.ask(network, signal)))
    let end = jointEnd(ends)
    if (this.stopping.signal.aborted) end = 'stopped'
    else if (deadline.signal.aborted) end = 'deadline'
    deadline.cancel()
    done.abort(new Error('the lookup is over'))
    this.end = end
    this.tell({ kind: 'end', reason: end })
    this.usableNow.resolve()
    return end
  }

  private async ask(network: number, signal: AbortSignal): Promise<LookupEnd> {
    let answers: AsyncIterator<RoutingAnswer> | undefined
    try {
      const key = routingKeyOf(this.zoneId)
      answers = this.networks[network]?.get(key, { signal })[Symbol.asyncIterator]()
      return answers === undefined ? 'exhausted' : await this.takeAll(network, answers, signal)
    } catch (error) {
      if (!signal.aborted) this.failure = error
      return 'failed'
    } finally {
      void letGo(answers)
    }
  }

  private async takeAll(
    network: number,
    answers: AsyncIterator<RoutingAnswer>,
    signal: AbortSignal,
  ): Promise<LookupEnd> {
    for (let count = 0; count < this.context.limits.answers; count++) {
      // A routing that does not hear the signal must not hold the lookup up.
      const next = await orAborted(answers.next(), signal)
      if (next.done === true) return 'exhausted'
      await this.take(next.value, network)
      if (this.tally.agreedIn(network) >= this.context.limits.quorum && this.found) return 'agreed'
    }
    throw new Error('peers gave more answers than a network can have peers')
  }

  private async take(answer: RoutingAnswer, network: number): Promise<void> {
    const { from } = answer
    const source = { peer: from, network }
    if (answer.kind === 'nothing') {
      this.tally.add(source, answer, this.context.clock.now())
      this.tell({ kind: 'peer', peer: from, answer: 'nothing', sequence: undefined })
      return
    }
    const judgement = await this.judge(answer.value, from)
    const refused = refusedAnswer(this.zoneId, from, judgement, this.tally.floor ?? 0)
    if (refused !== undefined) this.context.emit('refused', refused)
    const before = this.tally.best
    this.tally.add(source, judgement, this.context.clock.now())
    const sequence = 'record' in judgement ? judgement.record.sequence : undefined
    this.tell({ kind: 'peer', peer: from, answer: judgement.kind, sequence })
    const { best } = this.tally
    if (best !== undefined && best !== before)
      this.tell({ kind: 'best', sequence: best.sequence, peer: from })
    if (this.found) this.usableNow.resolve()
  }

  private async judge(value: Uint8Array, from: string): Promise<Judgement> {
    const known = this.verified.find(({ value: other }) => sameOctets(other, value))
    // Judged again, for a newer record may have come since.
    if (known !== undefined) return judgeCandidate(known.verdict, this.tally.floor)
    const { verifier, clock } = this.context
    const verdict = await verifyRecord(this.zoneId, value, { verifier, now: clock.now() })
    this.verified.push({ value, verdict })
    const judgement = judgeCandidate(verdict, this.tally.floor)
    if (judgement.kind === 'usable' || judgement.kind === 'expired') await this.keep(judgement.record, from)
    return judgement
  }

  private async keep(record: SignedRecord, peer: string): Promise<void> {
    const { store, clock, emit, logger } = this.context
    try {
      const put = await store.put(record, { confirmedAt: clock.now() })
      if (put.kind === 'stored') emit('record', { record, peer })
      // Somebody put a newer one while this lookup ran.
      if (put.kind === 'older') {
        this.tally.raise(put.floor)
        if (put.current !== undefined)
          this.tally.hold({ record: put.current.record, confirmedAt: put.current.confirmedAt })
      }
      if (put.kind !== 'confirmed' && put.equivocation !== undefined) {
        const { zoneId, sequence } = record
        emit('equivocation', { zoneId, sequence, records: [put.equivocation, record] })
      }
    } catch (error) {
      // A full disk is no reason to leave a name without an answer.
      this.unwritten = record
      logger.error('a verified record could not be written to disk', {
        zoneId: record.zoneId,
        sequence: record.sequence,
        error: String(error),
      })
    }
  }

  private async correctAfter(): Promise<void> {
    const end = await this.over
    const { best, outdated } = this.tally
    if (end === 'stopped' || best === undefined || !this.isUsable(best)) return
    const { clock, limits } = this.context
    const deadline = deadlineSignal(
      clock,
      limits.correctionDeadline,
      () => new Error('the deadline has passed'),
    )
    const signal = AbortSignal.any([deadline.signal, this.stopping.signal])
    await Promise.all(outdated.map(source => this.correct(source, best, signal)))
    deadline.cancel()
  }

  private async correct(source: Source, record: SignedRecord, signal: AbortSignal): Promise<void> {
    const { peer } = source
    const routing = this.networks[source.network]
    if (routing?.send === undefined) return
    const { zoneId, sequence, bytes } = record
    let accepted = false
    try {
      accepted = await orAborted(routing.send(peer, routingKeyOf(zoneId), bytes, { signal }), signal)
    } catch {
      // One that refuses costs nobody but itself.
    }
    this.context.emit('corrected', { zoneId, sequence, peer, accepted })
  }

  private isUsable(record: SignedRecord): boolean {
    const now = this.context.clock.now()
    return freshnessOf(record, now, now) !== 'expired'
  }

  private tell(event: ResolveProgress): void {
    for (const listener of this.listeners) {
      try {
        listener.tell(event)
      } catch (error) {
        this.context.logger.warn('a progress listener threw', { error: String(error) })
      }
    }
  }
}

/** What the ends in several networks come to: only where each was heard out is the lookup exhausted. */
function jointEnd(ends: readonly LookupEnd[]): LookupEnd {
  if (ends.includes('agreed')) return 'agreed'
  return ends.includes('failed') ? 'failed' : 'exhausted'
}

/** Lets a routing clean up after a lookup that stopped reading. Nobody waits for it. */
async function letGo(answers: AsyncIterator<RoutingAnswer> | undefined): Promise<void> {
  try {
    await answers?.return?.()
  } catch {
    // The answers that count are in.
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at])
}
