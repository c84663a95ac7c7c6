import {
  DEFAULT_RECORD_TTL,
  DEFAULT_VALUE,
  type SignRequest,
  type SignedRecord,
  type Signer,
  type Zone,
  type ZoneId,
  createZone,
  signRecord,
  zoneIdOf,
} from '@signpost/core'
import type { Limit, ResourceRecord } from '@signpost/dns'
import type { PutOptions, PutProgress, PutReceipt, ZoneClient } from './client.ts'
import { PublishConflictError, type StaleSequenceError } from '../errors.ts'
import { KeyedLock } from '../keyed-lock.ts'
import type { ResolveOptions, ResolveOutcome, ResolveProgress } from '../resolve/resolver.ts'

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
  /** Seconds for which a copy is fresh; 300 where absent. */
  readonly ttl?: number
  /** See {@link VALID_FOR}. */
  readonly validFor?: number
  /** A content path for IPFS. Where absent, the one of the record that is replaced stays. */
  readonly value?: string
  /**
   * The sequence of the record from which this content was made, 0 for none. Where another one stands by now, nothing
   * is published: a writer that was late does not undo what was written meanwhile.
   */
  readonly expectedSequence?: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type PublishProgress = ResolveProgress | PutProgress

export interface PublishOptions extends Omit<PutOptions, 'onProgress'> {
  readonly onProgress?: (event: PublishProgress) => void
}

export interface Published extends PutReceipt {
  readonly record: SignedRecord
}

/** How often a sequence that turns out to be used already is raised before the publisher gives up. */
const ATTEMPTS = 3

// Whoever publishes a zone twice at once means one after the other.
const turns = new WeakMap<ZoneClient, KeyedLock<ZoneId>>()

/**
 * Signs a zone with the next sequence and puts it: one more than the highest that this node's disk and its network
 * know of.
 * @throws EmptyZoneError, InvalidZoneError, RecordTooLargeError: nothing was signed or sent.
 * @throws PublishConflictError (PUBLISH_CONFLICT) where `expectedSequence` does not stand any more, or somebody else
 * with the same key publishes at this moment.
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
  return lock.run(zoneId, () => publishNext(client, { ...request, content, zoneId }, options))
}

async function publishNext(
  client: ZoneClient,
  request: PublishRequest & { readonly content: SignRequest['content']; readonly zoneId: ZoneId },
  options: PublishOptions,
): Promise<Published> {
  const { zoneId, signer, expectedSequence } = request
  let floor = 0
  for (let attempt = 1; ; attempt++) {
    const standing = standingOf(
      await client.resolve(zoneId, { ...progressOf(options), policy: 'network-first' }),
    )
    floor = Math.max(floor, standing.floor)
    if (expectedSequence !== undefined && expectedSequence !== floor)
      throw new PublishConflictError(zoneId, expectedSequence, floor)
    const record = await signRecord(nextRequest(request, standing.record, floor + 1), signer)
    try {
      return { ...(await client.put(record, options)), record }
    } catch (error) {
      const current = floorOf(error)
      if (current === undefined || attempt === ATTEMPTS) throw error
      floor = Math.max(floor, current)
    }
  }
}

/** What is to be signed so that it replaces `current`. */
function nextRequest(
  request: PublishRequest & { readonly content: SignRequest['content']; readonly zoneId: ZoneId },
  current: SignedRecord | undefined,
  sequence: number,
): SignRequest {
  const { zoneId, content, ttl = DEFAULT_RECORD_TTL, validFor = VALID_FOR.default, now } = request
  const expiresAt = now + validFor
  const value = request.value ?? current?.value ?? DEFAULT_VALUE
  const next = { zoneId, content, sequence, expiresAt, ttl, value }
  // A record that is known only by its sequence cannot be named as the previous one.
  return current?.sequence === sequence - 1 ? { ...next, previous: current } : next
}

/** The record that stands, and the highest sequence known of; 0 for none. */
function standingOf(outcome: ResolveOutcome): { record: SignedRecord | undefined; floor: number } {
  if (outcome.kind === 'found' || outcome.kind === 'expired')
    return { record: outcome.record, floor: outcome.record.sequence }
  // Octets that do not verify are nobody's, so they do not hold the owner up.
  return { record: undefined, floor: (outcome.kind === 'invalid' && floorOf(outcome.error)) || 0 }
}

// By code: the error may have come through a daemon's socket.
function floorOf(error: unknown): number | undefined {
  const { code, current } = error as Partial<StaleSequenceError>
  return code === 'STALE_SEQUENCE' && typeof current === 'number' ? current : undefined
}

function contentOf(zoneId: ZoneId, content: PublishRequest['content']): SignRequest['content'] {
  return content === 'retired' || 'sets' in content ? content : createZone(zoneId, content)
}

function progressOf({ signal, onProgress }: PublishOptions): ResolveOptions {
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) }
}
