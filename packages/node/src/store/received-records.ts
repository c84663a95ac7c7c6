import { type SignedRecord, compareRecords } from '@signpost/core'
import type { Clock } from '../clock.ts'
import type { EmitEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { HeldRecords } from './held-records.ts'
import type { Store } from './store.ts'

export interface ReceivedContext {
  readonly store: Store
  /** The same records, verified: what a disk has damaged must not look like a contradiction of the owner's. */
  readonly held: HeldRecords
  readonly clock: Clock
  readonly emit: EmitEvent
  readonly logger: Logger
}

/**
 * What peers bring without being asked, handed on to the store, so that news of a zone that the node knows or follows
 * reaches it without a lookup. Zones that it never asked for stay out: strangers must not fill its store.
 *
 * News is believed and answered from the moment that it is here, because the owner signed it, and confirms nothing: it
 * is fresh for as long as what it replaces would have been (see `UnaskedPut`), and stale after that or where nothing was
 * here, so that the next question has the network asked.
 */
export class ReceivedRecords {
  private readonly context: ReceivedContext
  private readonly running = new Set<Promise<boolean>>()

  constructor(context: ReceivedContext) {
    this.context = context
  }

  /** Takes a record that was verified. */
  take(record: SignedRecord): void {
    void this.offer(record, undefined)
  }

  /**
   * Resolves to whether the record is news, and the zone's from now on.
   * @param peer who gave it, where that is known.
   */
  async offer(record: SignedRecord, peer: string | undefined): Promise<boolean> {
    const taking = this.store(record, peer)
    this.running.add(taking)
    try {
      return await taking
    } finally {
      this.running.delete(taking)
    }
  }

  /** Resolves when nothing that was taken is still being written. */
  async settled(): Promise<void> {
    await Promise.all(this.running)
  }

  private async store(record: SignedRecord, peer: string | undefined): Promise<boolean> {
    const { store, held, clock, emit, logger } = this.context
    const { zoneId, sequence } = record
    try {
      const known = await held.get(zoneId, clock.now())
      if (known === undefined ? !store.keepsAlive(zoneId) : compareRecords(known.record, record) === 0)
        return false
      const put = await store.put(record, { receivedAt: clock.now() })
      if (put.kind === 'stored') emit('record', { record, peer })
      if (put.kind !== 'confirmed' && put.equivocation !== undefined)
        emit('equivocation', { zoneId, sequence, records: [put.equivocation, record] })
      return put.kind === 'stored'
    } catch (error) {
      logger.error('a verified record could not be written to disk', {
        zoneId,
        sequence,
        error: String(error),
      })
      return false
    }
  }
}
