import {
  type SignedRecord,
  type Zone,
  descentOf,
  encodeZone,
  routingKeyOf,
  verifyRecord,
} from '@signpost/core'
import type { Limit } from '@signpost/dns'
import type { PutOptions, PutReceipt } from './client.ts'
import { deadlineSignal } from '../clock.ts'
import { PublishFailedError, StaleSequenceError } from '../errors.ts'
import type { LookupContext } from '../resolve/network-lookup.ts'
import type { ResolveOutcome, ZoneResolver } from '../resolve/resolver.ts'
import { baseBefore } from './base.ts'
import { conflictOf } from './conflict.ts'
import type { ZoneMemory } from '../resolve/zone-memory.ts'
import { pastRecords } from './past-records.ts'
import type { Claim, Publications } from './publications.ts'

/** Milliseconds that peers have to take a record; those that took it by then are counted. */
export const PUT_DEADLINE: Limit = {
  default: 20_000,
  min: 100,
  max: 120_000,
}

/**
 * Milliseconds for the look, after a put, whether the record stands. Whoever published at the same moment is heard of
 * at once; of those that are slower the node hears later, and says so by its event `conflict`.
 */
export const LOOK_WAIT = 2_000

export interface PutContext extends Pick<LookupContext, 'routing' | 'verifier' | 'clock' | 'emit'> {
  readonly publications: Publications
  readonly resolver: ZoneResolver
  /** What this node's own DHT has seen, which counts like what the store has. */
  readonly memory?: ZoneMemory | undefined
  /** Milliseconds; see {@link PUT_DEADLINE}. */
  readonly putDeadline: number
}

/** Puts one of our own records, as `ZoneClient` says. */
export async function putRecord(
  context: PutContext,
  record: SignedRecord,
  options: PutOptions = {},
): Promise<PutReceipt> {
  const { signal, minAcks = 1, onProgress } = options
  const { zoneId, sequence } = record
  signal?.throwIfAborted()
  return context.publications.during(record, async claim => {
    await storeOwn(context, record, options.draft)
    onProgress?.({ kind: 'stored', sequence })
    const { acks, asked, refusal } = await offer(context, record, { signal, onProgress })
    signal?.throwIfAborted()
    const stands = await look(context, record, signal)
    const rival = await rivalOf(context, claim, stands)
    if (rival !== undefined) throw await conflictWith(context, record, rival, record)
    if (refusal !== undefined) throw refusal
    if (stands !== undefined) onProgress?.({ kind: 'stands', sequence, agreed: stands.provenance.agreed })
    context.emit('published', { zoneId, sequence, acks, asked })
    if (acks < minAcks) throw new PublishFailedError(zoneId, { sequence, acks, asked, minAcks })
    return { sequence, acks, k: asked }
  })
}

interface OfferOptions {
  readonly signal: AbortSignal | undefined
  readonly onProgress?: PutOptions['onProgress']
}

/** Offers a record to the peers closest to its key, within the deadline. */
export async function giveToPeers(
  context: Pick<PutContext, 'routing' | 'clock' | 'putDeadline'>,
  record: SignedRecord,
  options: OfferOptions,
): Promise<{ acks: number; asked: number }> {
  const { onProgress } = options
  const deadline = deadlineSignal(
    context.clock,
    context.putDeadline,
    () => new Error('the deadline has passed'),
  )
  const signals = options.signal === undefined ? [deadline.signal] : [deadline.signal, options.signal]
  try {
    return await context.routing.put(routingKeyOf(record.zoneId), record.bytes, {
      signal: AbortSignal.any(signals),
      onAck:
        onProgress &&
        (ack => {
          onProgress({ kind: 'ack', ...ack })
        }),
    })
  } finally {
    deadline.cancel()
  }
}

// This node's own DHT may have been given a newer record a moment ago, and then gives no older one to anybody.
async function offer(
  context: PutContext,
  record: SignedRecord,
  options: OfferOptions,
): Promise<{ acks: number; asked: number; refusal?: StaleSequenceError }> {
  try {
    return await giveToPeers(context, record, options)
  } catch (error) {
    if (!(error instanceof StaleSequenceError)) throw error
    return { acks: 0, asked: 0, refusal: error }
  }
}

// Everything that is refused is refused here, before a peer can have seen it.
async function storeOwn(context: PutContext, record: SignedRecord, draft: Zone | undefined): Promise<void> {
  const { publications, verifier, clock, emit } = context
  const { zoneId, sequence } = record
  const verdict = await verifyRecord(zoneId, record.bytes, { verifier, now: clock.now() })
  if (verdict.kind !== 'valid') throw verdict.error
  await refuseOlder(context, verdict.record)
  const put = await publications.store.put(verdict.record, {
    confirmedAt: clock.now(),
    own: true,
    ...(draft && { draft: encodeZone(draft) }),
  })
  if (put.kind === 'confirmed') return
  if (put.equivocation !== undefined)
    emit('equivocation', { zoneId, sequence, records: [put.equivocation, verdict.record] })
  if (put.kind === 'stored') emit('record', { record: verdict.record, peer: undefined })
  else if (put.equivocation === undefined) throw new StaleSequenceError(zoneId, sequence, put.floor)
  else throw await conflictWith(context, record, put.equivocation)
}

async function refuseOlder({ memory }: PutContext, { zoneId, sequence }: SignedRecord): Promise<void> {
  const seen = await memory?.remembered(zoneId, undefined)
  const highest = Math.max(seen?.newer?.sequence ?? 0, seen?.floor ?? 0)
  if (sequence < highest) throw new StaleSequenceError(zoneId, sequence, highest)
}

/** What stands after a put; undefined where that could not be learnt in time. */
async function look(
  { resolver, clock }: PutContext,
  { zoneId }: SignedRecord,
  signal: AbortSignal | undefined,
): Promise<Extract<ResolveOutcome, { readonly record: SignedRecord }> | undefined> {
  const deadline = deadlineSignal(clock, LOOK_WAIT, () => new Error('the deadline has passed'))
  const signals = signal === undefined ? [deadline.signal] : [deadline.signal, signal]
  const options = { policy: 'network-first', signal: AbortSignal.any(signals) } as const
  try {
    let isEarlier = false
    const onProgress = (event: { readonly kind: string; readonly joined?: boolean }): void => {
      if (event.kind === 'lookup' && event.joined === true) isEarlier = true
    }
    let outcome = await resolver.resolve(zoneId, { ...options, onProgress })
    // A lookup that began before the put may have asked everybody before it, too.
    if (isEarlier) outcome = await resolver.resolve(zoneId, options)
    return 'record' in outcome ? outcome : undefined
  } catch {
    signal?.throwIfAborted()
    return undefined
  } finally {
    deadline.cancel()
  }
}

/** The record against which the one of the claim has lost. */
async function rivalOf(
  { publications: { store }, clock }: PutContext,
  claim: Claim,
  stands: Awaited<ReturnType<typeof look>>,
): Promise<SignedRecord | undefined> {
  const { record } = claim
  if (claim.lostTo !== undefined || stands === undefined) return claim.lostTo
  const history = await store.history(record.zoneId)
  if (descentOf(stands.record, record, history) === 'descends') return undefined
  // It may have been seen by the own DHT alone. Once it is here, nothing finds it a second time.
  await store.put(stands.record, { confirmedAt: clock.now() })
  return stands.record
}

async function conflictWith(
  { publications: { store } }: PutContext,
  record: SignedRecord,
  theirs: SignedRecord,
  lost?: SignedRecord,
): Promise<Error> {
  const { zoneId } = record
  const base = baseBefore(record, theirs, await pastRecords(store, zoneId))
  return conflictOf({ zoneId, current: theirs.sequence, base, theirs, lost })
}
