// An owner who signs zones, a clock that tests step, and a node's engine on a simulated network.
import {
  type SignRequest,
  type SignedRecord,
  type Signer,
  type ZoneId,
  apexOf,
  createZone,
  routingKeyOf,
  signRecord,
  signerFromSeed,
  zoneIdOf,
} from '@signpost/core'
import { type ResourceRecord, parseZoneFile } from '@signpost/dns'
import type { PutReceipt, ZoneClient } from './publish/client.ts'
import type { Clock } from './clock.ts'
import type { EmitEvent, NodeEventDetails, NodeEventName } from './events.ts'
import { type Logger, silentLogger } from './logger.ts'
import { MemoryNetwork } from './routing/memory-routing.ts'
import type { Routing } from './routing/routing.ts'
import { MemoryStore } from './store/memory-store.ts'
import type { ZoneMemory } from './resolve/zone-memory.ts'
import { pastRecords } from './publish/past-records.ts'
import { Publications } from './publish/publications.ts'
import { putRecord } from './publish/put.ts'
import { type ResolveLimits, resolveLimits } from './resolve/resolve-limits.ts'
import { type Resolver, type ResolverContext, createResolver } from './resolve/resolve.ts'
import type { ResolveOptions, ResolveOutcome } from './resolve/resolver.ts'
import type { Store } from './store/store.ts'
import { createSteppedVerifier } from './verifier.test-support.ts'

/** 2030-01-01T00:00:00Z. */
export const NOW = 1_893_456_000_000
export const MINUTE = 60_000
export const DAY = 86_400_000

export interface Owner {
  readonly signer: Signer
  readonly zoneId: ZoneId
  readonly routingKey: Uint8Array
  records(text: string): ResourceRecord[]
  /** Signs a zone of one TXT record that says which version it is. */
  sign(sequence: number, changes?: Partial<SignRequest> & { readonly text?: string }): Promise<SignedRecord>
}

/** @param seed a number below 65,536 for each owner. */
export function createOwner(seed = 1): Owner {
  const signer = signerFromSeed(new Uint8Array(32).fill(seed).fill(seed + (seed >> 8), 0, 1))
  const zoneId = zoneIdOf(signer.publicKey)
  const records = (text: string): ResourceRecord[] =>
    parseZoneFile(`@ 60 IN TXT "${text}"`, { origin: apexOf(zoneId) })
  return {
    signer,
    zoneId,
    routingKey: routingKeyOf(zoneId),
    records,
    sign: (sequence, { text = `version ${sequence}`, ...changes } = {}) => {
      const content = createZone(zoneId, records(text))
      return signRecord({ zoneId, content, sequence, expiresAt: NOW + 30 * DAY, ...changes }, signer)
    },
  }
}

/** Stands still until it is told how much time passes; what is due then runs in order. */
export class SteppedClock implements Clock {
  private time = NOW
  private offset = 0
  private timers: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.time + this.offset
  }

  after(delay: number, run: () => void): () => void {
    const timer = { at: this.time + delay, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter(other => other !== timer)
    }
  }

  get pending(): number {
    return this.timers.length
  }

  /** Lets time pass up to the next timer, and everything that follows from that one. False where none is set. */
  async next(): Promise<boolean> {
    let due: (typeof this.timers)[number] | undefined
    for (const timer of this.timers) if (due === undefined || timer.at < due.at) due = timer
    if (due === undefined) return false
    this.time = due.at
    this.timers.splice(this.timers.indexOf(due), 1)
    due.run()
    await new Promise(resolve => setImmediate(resolve))
    return true
  }

  /** Lets time pass as on a machine that is suspended: timers stand still. */
  sleep(duration: number): void {
    this.time += duration
    this.timers = this.timers.map(({ at, run }) => ({ at: at + duration, run }))
  }

  /** Sets what the clock shows, by so much. Timers go on as before. */
  set(by: number): void {
    this.offset += by
  }

  /** Lets time pass, and everything that follows from it happen. */
  async pass(duration: number): Promise<void> {
    const until = this.time + duration
    await quiet()
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.time = due.at
      this.timers = this.timers.filter(other => other !== due)
      due.run()
      await quiet()
    }
    this.time = until
  }
}

/** Lets all that can go on without time passing go on. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}

export interface Engine extends ZoneClient {
  readonly network: MemoryNetwork
  readonly store: Store
  readonly clock: SteppedClock
  readonly context: ResolverContext & { readonly store: Store }
  readonly events: { readonly name: NodeEventName; readonly detail: unknown }[]
  readonly resolver: Resolver
  detailsOf<Name extends NodeEventName>(name: Name): NodeEventDetails[Name][]
}

export interface EngineOptions {
  readonly network?: MemoryNetwork
  /** The network's where absent. */
  readonly routing?: Routing
  readonly store?: Store
  readonly memory?: ZoneMemory
  readonly clock?: SteppedClock
  readonly limits?: Partial<ResolveLimits>
  readonly logger?: Logger
  readonly onEvent?: (name: NodeEventName) => void
}

/** A node without a host: the real engine over the given store and a simulated network. */
export function createEngine(options: EngineOptions = {}): Engine {
  const { network = new MemoryNetwork(), clock = new SteppedClock() } = options
  const events: Engine['events'] = []
  const emit: EmitEvent = (name, detail) => {
    events.push({ name, detail })
    options.onEvent?.(name)
  }
  const publications = new Publications(options.store ?? new MemoryStore(), emit)
  const { store } = publications
  const context: Engine['context'] = {
    routing: options.routing ?? network.routing(),
    store,
    memory: options.memory,
    verifier: createSteppedVerifier(),
    clock,
    emit,
    logger: options.logger ?? silentLogger,
    limits: resolveLimits(options.limits),
  }
  const resolver = createResolver(context)
  return {
    network,
    store,
    clock,
    context,
    events,
    resolver,
    detailsOf: <Name extends NodeEventName>(name: Name) =>
      events.filter(event => event.name === name).map(event => event.detail as NodeEventDetails[Name]),
    resolve: (zoneId: ZoneId, options?: ResolveOptions): Promise<ResolveOutcome> =>
      resolver.resolve(zoneId, options),
    put: (record, options): Promise<PutReceipt> =>
      putRecord({ ...context, publications, resolver, putDeadline: 20_000 }, record, options),
    history: zoneId => pastRecords(store, zoneId),
  }
}

/** What a promise rejects with; taken at once, so that no rejection goes unhandled meanwhile. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

/** The sequence that an outcome carries; the outcome's kind where it carries none. */
export function sequenceOf(outcome: ResolveOutcome): number | ResolveOutcome['kind'] {
  return 'record' in outcome ? outcome.record.sequence : outcome.kind
}
