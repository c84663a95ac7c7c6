import { type SignedRecord, routingKeyOf, verifyRecord } from '@signpost/core'
import type { Limit } from '@signpost/dns'
import type { PutOptions, PutReceipt } from './client.ts'
import { deadlineSignal } from '../clock.ts'
import { PublishConflictError, PublishFailedError, StaleSequenceError } from '../errors.ts'
import type { LookupContext } from '../resolve/network-lookup.ts'

/** Milliseconds that peers have to take a record; those that took it by then are counted. */
export const PUT_DEADLINE: Limit = {
  default: 20_000,
  min: 100,
  max: 120_000,
}

export interface PutContext extends Pick<LookupContext, 'routing' | 'store' | 'verifier' | 'clock' | 'emit'> {
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
  await storeOwn(context, record)
  onProgress?.({ kind: 'stored', sequence })
  const { acks, asked } = await giveToPeers(context, record, { signal, onProgress })
  signal?.throwIfAborted()
  context.emit('published', { zoneId, sequence, acks, asked })
  if (acks < minAcks) throw new PublishFailedError(zoneId, { sequence, acks, asked, minAcks })
  return { sequence, acks, k: asked }
}

/** Offers a record to the peers closest to its key, within the deadline. */
export async function giveToPeers(
  context: Pick<PutContext, 'routing' | 'clock' | 'putDeadline'>,
  record: SignedRecord,
  options: { readonly signal: AbortSignal | undefined; readonly onProgress?: PutOptions['onProgress'] },
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

// Everything that is refused is refused here, before a peer can have seen it.
async function storeOwn(context: PutContext, record: SignedRecord): Promise<void> {
  const { store, verifier, clock, emit } = context
  const { zoneId, sequence } = record
  const verdict = await verifyRecord(zoneId, record.bytes, { verifier, now: clock.now() })
  if (verdict.kind !== 'valid') throw verdict.error
  const put = await store.put(verdict.record, { receivedAt: clock.now(), own: true })
  if (put.kind === 'confirmed') return
  if (put.equivocation !== undefined)
    emit('equivocation', { zoneId, sequence, records: [put.equivocation, verdict.record] })
  if (put.kind === 'stored') emit('record', { record: verdict.record, peer: undefined })
  else if (put.equivocation === undefined) throw new StaleSequenceError(zoneId, sequence, put.floor)
  else throw new PublishConflictError(zoneId, sequence, put.floor)
}
