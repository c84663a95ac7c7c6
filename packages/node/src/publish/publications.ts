import { type SignedRecord, type ZoneId, descentOf } from '@signpost/core'
import type { EmitEvent } from '../events.ts'
import { KeyedLock } from '../keyed-lock.ts'
import type { Store, StorePut, StorePutOptions } from '../store/store.ts'
import { baseBefore } from './base.ts'
import { conflictOf } from './conflict.ts'
import { pastRecords } from './past-records.ts'

/** A put under way, which hears here whether its record has lost meanwhile. */
export interface Claim {
  readonly record: SignedRecord
  lostTo: SignedRecord | undefined
}

/**
 * Watches what was published here. Where a record from elsewhere takes the place of one of ours and was not made to
 * replace it, the put that is under way is told. Where that one is over, its caller was told that the record stands,
 * so the node says it as a `conflict`: once, whatever brings the other record, and also for what was published before
 * a restart.
 */
export class Publications {
  /** What everything that stores records has to use, so that nothing is missed. */
  readonly store: Store
  private readonly inner: Store
  private readonly emit: EmitEvent
  private readonly lock = new KeyedLock<ZoneId>()
  private readonly claims = new Set<Claim>()

  constructor(store: Store, emit: EmitEvent) {
    this.inner = store
    this.emit = emit
    this.store = {
      get: zoneId => store.get(zoneId),
      floor: zoneId => store.floor(zoneId),
      put: (record, options) => this.put(record, options),
      discard: record => store.discard(record),
      ownZones: () => store.ownZones(),
      history: zoneId => store.history(zoneId),
      publications: zoneId => store.publications(zoneId),
      evidence: zoneId => store.evidence(zoneId),
      follow: (zoneId, now) => store.follow(zoneId, now),
      unfollow: zoneId => store.unfollow(zoneId),
      followed: () => store.followed(),
      keepsAlive: zoneId => store.keepsAlive(zoneId),
      sweep: (now, signal) => store.sweep(now, signal),
    }
  }

  /** Runs a put that reports the loss of its record itself, by throwing a PublishConflictError. */
  async during<Result>(record: SignedRecord, put: (claim: Claim) => Promise<Result>): Promise<Result> {
    const claim: Claim = { record, lostTo: undefined }
    this.claims.add(claim)
    let isReported = false
    try {
      return await put(claim)
    } catch (error) {
      isReported = (error as { readonly code?: unknown }).code === 'PUBLISH_CONFLICT'
      throw error
    } finally {
      this.claims.delete(claim)
      if (claim.lostTo !== undefined && !isReported) await this.tellLoss(record, claim.lostTo)
    }
  }

  private async put(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const { zoneId } = record
    return this.lock.run(zoneId, async () => {
      const ours = options.own === true ? undefined : await this.standing(record)
      const put = await this.inner.put(record, options)
      if (ours === undefined || put.kind !== 'stored') return put
      if (descentOf(record, ours, await this.inner.history(zoneId)) === 'descends') return put
      const claim = [...this.claims].find(claim => isSame(claim.record, ours))
      if (claim === undefined) await this.tellLoss(ours, record)
      else claim.lostTo = record
      return put
    })
  }

  /** Our last record that stands, itself or what was built on it, where `incoming` is something else than what stands. */
  private async standing({ zoneId, data }: SignedRecord): Promise<SignedRecord | undefined> {
    const current = (await this.inner.get(zoneId))?.record
    if (current === undefined || Buffer.compare(current.data, data) === 0) return undefined
    const past = await pastRecords(this.inner, zoneId)
    const ours = past.findLast(({ publishedHere }) => publishedHere)?.record
    if (ours === undefined) return undefined
    const known = past.map(({ record }) => record)
    return descentOf(current, ours, known) === 'descends' ? ours : undefined
  }

  private async tellLoss(lost: SignedRecord, theirs: SignedRecord): Promise<void> {
    const { zoneId } = lost
    const earlier = await pastRecords(this.inner, zoneId)
    const certain =
      descentOf(
        theirs,
        lost,
        earlier.map(({ record }) => record),
      ) === 'forked'
    const base = baseBefore(lost, theirs, earlier)
    const error = conflictOf({ zoneId, current: theirs.sequence, base, theirs, lost, certain })
    this.emit('conflict', { error })
  }
}

function isSame(a: SignedRecord, b: SignedRecord): boolean {
  return a.zoneId === b.zoneId && Buffer.compare(a.data, b.data) === 0
}
