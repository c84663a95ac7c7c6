import {
  DEFAULT_RECORD_TTL,
  DEFAULT_VALUE,
  type SignRequest,
  type SignedRecord,
  type Signer,
  type Zone,
  type ZoneId,
  createZone,
  diffZones,
  signRecord,
  zoneIdOf,
  zoneIn,
} from '@signpost/core'
import type { Limit, ResourceRecord } from '@signpost/dns'
import type { PastRecord, PutOptions, PutProgress, PutReceipt, ZoneClient } from './client.ts'
import { type PublishConflictError, SequenceExhaustedError, type StaleSequenceError } from '../errors.ts'
import { orAborted } from '../abortable.ts'
import { KeyedLock } from '../keyed-lock.ts'
import type { ResolveProgress } from '../resolve/resolver.ts'
import {
  type Base,
  type BaseVerdict,
  type Standing,
  commonBase,
  compareWithBase,
  isStanding,
  standingOf,
} from './base.ts'
import { type ConflictFacts, conflictOf } from './conflict.ts'
import { lossOf } from './loss.ts'
import { type Rebased, rebase } from './rebase.ts'

const DAY = 86_400_000

/** Milliseconds for which a signature is good; its owner has to publish again before they are over. */
export const VALID_FOR: Limit = {
  default: 30 * DAY,
  min: 60_000,
  max: 3_650 * DAY,
}

export interface PublishRequest {
  readonly signer: Signer
  /** `'retired'` withdraws the zone on purpose. */
  readonly content: readonly ResourceRecord[] | Zone | 'retired'
  /** Seconds for which a copy is fresh. Where absent, the one of the record that is replaced stays; 300 for a first. */
  readonly ttl?: number
  /** See {@link VALID_FOR}. */
  readonly validFor?: number
  /** A content path for IPFS. Where absent, the one of the record that is replaced stays. */
  readonly value?: string
  /**
   * The record from which this content was made, or its sequence, 0 for none. Where absent it is the last one that was
   * published here when this was called: of two that are published at once, the second was not made from the first.
   * Where another one stands by now, and says something else, nothing is signed: a writer that was late does not undo
   * what was written meanwhile. So programs that write a zone each on its own have to say what they started from.
   * `'standing'` replaces whatever stands, for who knows the whole zone better than everybody else.
   */
  readonly base?: SignedRecord | number | 'standing'
  /**
   * Where another record stands than the base, what this content changes is applied to that one instead, RRset by
   * RRset. An RRset that both have changed is a conflict all the same, and so is a base that does not say what was
   * changed. With `base: 0` all of both is kept.
   */
  readonly rebase?: boolean
  /** Lets a version take away more than half of the RRsets of the one that it replaces. */
  readonly force?: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type PublishProgress = ResolveProgress | PutProgress

export interface PublishOptions extends Omit<PutOptions, 'onProgress' | 'draft'> {
  readonly onProgress?: (event: PublishProgress) => void
}

export interface Published extends PutReceipt {
  readonly record: SignedRecord
  /** The record that it replaces; undefined for the first, and where only its sequence was known. */
  readonly replaced: SignedRecord | undefined
}

/** How often a change is made again where others are faster every time. */
const ATTEMPTS = 3

// Whoever publishes a zone twice at once means one after the other.
const turns = new WeakMap<ZoneClient, KeyedLock<ZoneId>>()

/**
 * Signs a zone as the version that follows the one that stands, and puts it. What stands is the highest sequence that
 * this node's disk and its network know of, and it has to be the record that the content was made from. Where no peer
 * could be asked, that is what this disk knows of, and the record loses against a higher sequence that others have.
 * @throws EmptyZoneError, InvalidZoneError, RecordTooLargeError, ZoneLossError: nothing was signed or sent.
 * @throws PublishConflictError (PUBLISH_CONFLICT) where another record stands than the one that the content was made
 * from, or takes its place at this moment.
 * @throws ResolveFailedError where the zone's sequence cannot be learnt; PublishFailedError where too few peers took
 * the record, which is on disk all the same.
 * @throws RangeError for a `ttl` or `validFor` out of range.
 */
export async function publish(
  client: ZoneClient,
  request: PublishRequest,
  options: PublishOptions = {},
): Promise<Published> {
  const { validFor = VALID_FOR.default } = request
  if (!(validFor >= VALID_FOR.min && validFor <= VALID_FOR.max))
    throw new RangeError(`validFor is ${validFor} ms; it can be ${VALID_FOR.min} to ${VALID_FOR.max} ms`)
  const zoneId = zoneIdOf(request.signer.publicKey)
  const content = contentOf(zoneId, request.content)
  let lock = turns.get(client)
  if (lock === undefined) turns.set(client, (lock = new KeyedLock()))
  const { signal } = options
  const given = await orAborted(client.history(zoneId), signal)
  const turn = lock.run(zoneId, () => {
    signal?.throwIfAborted()
    return publishNext(client, { ...request, content, zoneId, given }, options)
  })
  return orAborted(turn, signal)
}

interface NextRequest extends PublishRequest {
  readonly zoneId: ZoneId
  readonly content: SignRequest['content']
  /** What had been published when the content was given to us. */
  readonly given: readonly PastRecord[]
}

async function publishNext(
  client: ZoneClient,
  request: NextRequest,
  options: PublishOptions,
): Promise<Published> {
  const { zoneId, signer, given } = request
  const { signal, onProgress } = options
  const heard = { ...(signal && { signal }), ...(onProgress && { onProgress }) }
  // Before the network is asked: what comes from it now is not what the content was made from.
  const past = await client.history(zoneId)
  const outcome = await client.resolve(zoneId, { ...heard, policy: 'network-first' })
  let standing = standingOf(outcome, past, (outcome.kind === 'invalid' && floorOf(outcome.error)) || 0)
  let verdict = compareWithBase(request.base, given, standing)
  let lost: SignedRecord | undefined
  for (let attempt = 1; ; attempt++) {
    const { content, draft } = planOf(request, past, standing, verdict, lost)
    const loss =
      content === 'retired' || request.force === true ? undefined : lossOf(standing.record, content)
    if (loss !== undefined) throw loss
    const record = await signRecord(nextRequest({ ...request, content }, standing), signer)
    // What is refused at once was never put, so it cannot lose.
    let isPut = false
    const listen = (event: PutProgress): void => {
      if (event.kind === 'stored') isPut = true
      onProgress?.(event)
    }
    try {
      const receipt = await client.put(record, { ...options, onProgress: listen, ...(draft && { draft }) })
      return { ...receipt, record, replaced: standing.record }
    } catch (error) {
      const floor = floorOf(error)
      if (floor === undefined) throw error
      standing = standingOf(await client.resolve(zoneId, { ...heard, policy: 'cache-only' }), past, floor)
      verdict =
        standing.record === undefined || request.base === 'standing'
          ? compareWithBase(request.base, given, standing)
          : { stands: false, base: verdict.base }
      if (isPut) lost = record
      if (attempt < ATTEMPTS) continue
      throw verdict.stands
        ? error
        : conflictOf(conflictFacts(zoneId, standing, verdict.base, lost), { cause: error })
    }
  }
}

/** The content to sign over what stands, and how its publisher had written it where that is something else. */
interface Plan {
  readonly content: SignRequest['content']
  readonly draft?: Zone
}

/** @throws PublishConflictError where the content was made from something else than what stands. */
function planOf(
  { zoneId, content, rebase: isRebase }: NextRequest,
  past: readonly PastRecord[],
  standing: Standing,
  { stands, base }: BaseVerdict,
  lost: SignedRecord | undefined,
): Plan {
  if (stands || isSaidBy(content, standing.record)) return { content }
  const common = commonBase(base, standing.record, past)
  const { gap } = common
  const facts = { ...conflictFacts(zoneId, standing, base, lost), gap }
  // Ours, with changes from elsewhere that a rebase has brought: no conflict with content that has them by now.
  const isOurs = base.record !== undefined && isStanding(base.record, standing)
  if (isRebase !== true && !isOurs) throw conflictOf(facts)
  if (isOurs && content === 'retired') return { content }
  const rebased: Rebased =
    gap === undefined ? rebase(common.zone, content, standing.record) : { kind: 'conflict', obstacles: [gap] }
  if (rebased.kind === 'conflict')
    throw conflictOf(isRebase === true ? { ...facts, obstacles: rebased.obstacles } : facts)
  if (content === 'retired' || diffZones(content, rebased.zone).length === 0) return { content }
  if (isRebase !== true) throw conflictOf(facts)
  return { content: rebased.zone, draft: content }
}

/** Whether a record says just that: then it does not matter what it was made from. */
function isSaidBy(content: SignRequest['content'], record: SignedRecord | undefined): boolean {
  if (record === undefined || content === 'retired') return record?.content.kind === content
  const zone = zoneIn(record)
  return zone !== undefined && diffZones(content, zone).length === 0
}

function conflictFacts(
  zoneId: ZoneId,
  { record, floor }: Standing,
  base: Base,
  lost: SignedRecord | undefined,
): ConflictFacts {
  return { zoneId, current: floor, base, theirs: record, lost }
}

/** What is to be signed so that it replaces what stands. */
function nextRequest(request: NextRequest, { record, floor }: Standing): SignRequest {
  const { zoneId, content, validFor = VALID_FOR.default, now } = request
  if (floor >= Number.MAX_SAFE_INTEGER) throw new SequenceExhaustedError(zoneId)
  const ttl = request.ttl ?? record?.ttl ?? DEFAULT_RECORD_TTL
  const value = request.value ?? record?.value ?? DEFAULT_VALUE
  const next = { zoneId, content, sequence: floor + 1, expiresAt: now + validFor, ttl, value }
  // A record that is known only by its sequence cannot be named as the previous one.
  return record === undefined ? next : { ...next, previous: record }
}

/** The sequence that stands, out of an error that says that somebody was faster. */
function floorOf(error: unknown): number | undefined {
  const { current } = error as Partial<StaleSequenceError | PublishConflictError>
  const code = codeOf(error)
  const isFaster = code === 'STALE_SEQUENCE' || code === 'PUBLISH_CONFLICT'
  return isFaster && typeof current === 'number' ? current : undefined
}

// By code: the error may have come through a daemon's socket.
function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code
}

function contentOf(zoneId: ZoneId, content: PublishRequest['content']): SignRequest['content'] {
  return content === 'retired' || 'sets' in content ? content : createZone(zoneId, content)
}
