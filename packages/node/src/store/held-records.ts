import { type SignedRecord, type Verifier, type ZoneId, verifyRecord } from '@signpost/core'
import type { Logger } from '../logger.ts'
import type { Store, StoredRecord } from './store.ts'

type HeldStore = Pick<Store, 'get' | 'discard'>

/**
 * The records on disk, each verified once before anybody sees it: a disk is one more place where octets go bad.
 * The same record comes back as the same object, so that what is derived from it is derived once.
 */
export class HeldRecords {
  private readonly store: HeldStore
  private readonly verifier: Verifier
  private readonly logger: Logger
  private readonly verified = new WeakSet<SignedRecord>()

  constructor(store: HeldStore, verifier: Verifier, logger: Logger) {
    this.store = store
    this.verifier = verifier
    this.logger = logger
  }

  async get(zoneId: ZoneId, now: number): Promise<StoredRecord | undefined> {
    const stored = await this.store.get(zoneId)
    if (stored === undefined || this.verified.has(stored.record)) return stored
    const verdict = await verifyRecord(zoneId, stored.record.bytes, { verifier: this.verifier, now })
    if (verdict.kind === 'invalid') {
      this.logger.warn('a record on disk is damaged and was dropped', {
        zoneId,
        error: verdict.error.message,
      })
      await this.store.discard(stored.record)
      return undefined
    }
    this.verified.add(stored.record)
    return stored
  }
}
