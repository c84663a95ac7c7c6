import { EmptyZoneError, type ZoneId, portableVerifier, verifyRecord, zoneIdOf, zoneOf } from '@signpost/core'
import type { PastRecord, ZoneClient } from './client.ts'
import { NotInHistoryError } from '../errors.ts'
import { lossOf } from './loss.ts'
import { type PublishOptions, type PublishRequest, type Published, publish } from './publish.ts'

export interface RollbackRequest
  extends Pick<PublishRequest, 'signer' | 'validFor' | 'base' | 'force' | 'now'> {
  /** The version whose contents are to stand again. */
  readonly sequence: number
}

/**
 * Publishes the contents of an earlier version again, under a new sequence and with that version's TTL and IPFS path.
 * Nothing goes backwards: it is one more version, compared with what stands as any other is. To a version that retired
 * the zone, it needs `force`.
 * @throws NotInHistoryError (NOT_IN_HISTORY) where this node does not have that version; EmptyZoneError (EMPTY_ZONE)
 * where it has no zone, and the verdict's error where the disk damaged it; else as `publish` does.
 */
export async function rollback(
  client: ZoneClient,
  { sequence, ...request }: RollbackRequest,
  options?: PublishOptions,
): Promise<Published> {
  const zoneId = zoneIdOf(request.signer.publicKey)
  const past = await client.history(zoneId)
  const { record } = pastRecord(zoneId, past, sequence)
  // What the disk damaged is not signed again.
  const verdict = await verifyRecord(zoneId, record.bytes, { verifier: portableVerifier, now: request.now })
  if (verdict.kind === 'invalid') throw verdict.error
  const content = record.content.kind === 'retired' ? 'retired' : zoneOf(verdict.record)
  if (content === undefined) throw new EmptyZoneError()
  // Whoever retires a zone says so; here it would be one number among others.
  const loss =
    content === 'retired' && request.force !== true ? lossOf(past.at(-1)?.record, 'retired') : undefined
  if (loss !== undefined) throw loss
  const { ttl, value } = record
  // No zone file is behind it, so what a rebase has added to the last version goes knowingly.
  const last = past.findLast(({ publishedHere }) => publishedHere)?.record
  const base = request.base ?? last
  return publish(client, { ...request, content, ttl, value, ...(base !== undefined && { base }) }, options)
}

/** @throws NotInHistoryError */
export function pastRecord(zoneId: ZoneId, past: readonly PastRecord[], sequence: number): PastRecord {
  const found = past.find(({ record }) => record.sequence === sequence)
  if (found !== undefined) return found
  throw new NotInHistoryError(
    zoneId,
    sequence,
    past.map(({ record }) => record.sequence),
  )
}
