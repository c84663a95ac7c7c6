import type { SignedRecord, ZoneId } from '@signpost/core'
import { groupEvidence, newEvidence } from './evidence.ts'
import { confirmationOf, judgeReplacement } from './replacement.ts'
import { FLOORS_PER_RECORD, horizonOf, horizonToForget, isForgettable } from './retention.ts'
import {
  type Equivocation,
  type Following,
  HISTORY_LIMIT,
  type Publication,
  RECORD_LIMIT,
  type Store,
  type StoreLimits,
  type StorePut,
  type StorePutOptions,
  type StoredRecord,
} from './store.ts'
import { ZoneIndex } from './zone-index.ts'

/** Keeps everything in memory: for tests, and for nodes that need remember nothing after they stop. */
export class MemoryStore implements Store {
  private readonly index = new ZoneIndex()
  private readonly records = new Map<ZoneId, SignedRecord>()
  private readonly floors = new Map<ZoneId, number>()
  private readonly horizons = new Map<ZoneId, number>()
  private readonly histories = new Map<ZoneId, Map<number, SignedRecord>>()
  private readonly published = new Map<ZoneId, Map<number, Publication>>()
  private readonly conflicts = new Map<ZoneId, SignedRecord[]>()
  private readonly recordLimit: number
  private readonly historyLimit: number

  constructor(limits: StoreLimits = {}) {
    this.recordLimit = limits.records ?? RECORD_LIMIT.default
    this.historyLimit = limits.history ?? HISTORY_LIMIT.default
  }

  async get(zoneId: ZoneId): Promise<StoredRecord | undefined> {
    return this.stored(zoneId)
  }

  async floor(zoneId: ZoneId): Promise<number | undefined> {
    return this.floors.get(zoneId)
  }

  async put(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const { zoneId } = record
    const { own } = this.index
    const current = this.stored(zoneId)
    const floor = this.floors.get(zoneId)
    const { kind, equivocation } = judgeReplacement(record, current?.record, floor, options.own)
    const rival = equivocation ? current?.record : undefined
    if (rival !== undefined) this.keepEvidence(zoneId, [rival, record])
    if (kind === 'refuse') return { kind: 'older', floor: floor ?? 0, current, equivocation: rival }

    const confirmed = kind === 'confirm' ? current : undefined
    if (options.own === true) own.add(zoneId)
    if (own.has(zoneId)) this.keepHistory(confirmed?.record ?? record)
    if (options.own === true) this.keepPublication(zoneId, record.sequence, options.draft)
    else if (kind === 'confirm') this.markStanding(zoneId, record.sequence)
    // It takes the place of one with its sequence that was published here.
    else if (kind === 'replace') this.published.get(zoneId)?.delete(record.sequence)
    this.index.confirm(zoneId, confirmationOf(kind, current, options))
    if (confirmed !== undefined) return { kind: 'confirmed' }
    this.records.set(zoneId, record)
    this.floors.set(zoneId, record.sequence)
    const now = options.confirmedAt ?? options.receivedAt
    this.horizons.set(zoneId, horizonOf(this.horizons.get(zoneId), record, now))
    const evicted = this.index.recordToEvict(this.recordLimit)
    if (evicted !== undefined) {
      this.records.delete(evicted)
      this.index.confirmed.delete(evicted)
    }
    return { kind: 'stored', equivocation: rival }
  }

  async discard(record: SignedRecord): Promise<void> {
    if (this.records.get(record.zoneId) !== record) return
    this.records.delete(record.zoneId)
    this.index.confirmed.delete(record.zoneId)
  }

  async ownZones(): Promise<ZoneId[]> {
    return [...this.index.own].sort()
  }

  async history(zoneId: ZoneId): Promise<SignedRecord[]> {
    const history = this.histories.get(zoneId) ?? new Map<number, SignedRecord>()
    return [...history.values()].sort((a, b) => a.sequence - b.sequence)
  }

  async publications(zoneId: ZoneId): Promise<Publication[]> {
    return [...(this.published.get(zoneId)?.values() ?? [])].sort((a, b) => a.sequence - b.sequence)
  }

  async evidence(zoneId: ZoneId): Promise<Equivocation[]> {
    return groupEvidence(zoneId, this.conflicts.get(zoneId) ?? [])
  }

  async follow(zoneId: ZoneId, now: number): Promise<boolean> {
    const { followed } = this.index
    if (followed.has(zoneId)) return false
    followed.set(zoneId, now)
    return true
  }

  async unfollow(zoneId: ZoneId): Promise<boolean> {
    return this.index.followed.delete(zoneId)
  }

  async followed(): Promise<Following[]> {
    return this.index.followings()
  }

  keepsAlive(zoneId: ZoneId): boolean {
    return this.index.keepsAlive(zoneId)
  }

  async sweep(now: number, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted === true) return 0
    const foreign = [...this.horizons].filter(([zoneId]) => !this.keepsAlive(zoneId))
    const excess = this.horizons.size - this.recordLimit * FLOORS_PER_RECORD
    const unheld = foreign.filter(([zoneId]) => !this.records.has(zoneId))
    const cut = horizonToForget(
      unheld.map(([, horizon]) => horizon),
      excess,
    )
    const going = foreign.filter(
      ([zoneId, horizon]) => isForgettable(horizon, now) || (horizon <= cut && !this.records.has(zoneId)),
    )
    for (const [zoneId] of going) this.forget(zoneId)
    return going.length
  }

  private stored(zoneId: ZoneId): StoredRecord | undefined {
    const record = this.records.get(zoneId)
    return record && { record, confirmedAt: this.index.confirmed.get(zoneId) }
  }

  private forget(zoneId: ZoneId): void {
    for (const rows of [this.records, this.floors, this.horizons, this.conflicts]) rows.delete(zoneId)
    this.index.confirmed.delete(zoneId)
    this.index.conflicted.delete(zoneId)
  }

  private keepHistory(record: SignedRecord): void {
    const history = this.histories.get(record.zoneId) ?? new Map<number, SignedRecord>()
    this.histories.set(record.zoneId, history)
    history.set(record.sequence, record)
    const excess = [...history.keys()].sort((a, b) => a - b).slice(0, -this.historyLimit)
    // What was published here last is what the next publication is compared with, however long ago that was.
    const last = Math.max(...(this.published.get(record.zoneId)?.keys() ?? [-1]))
    for (const sequence of excess)
      if (sequence !== last) {
        history.delete(sequence)
        this.published.get(record.zoneId)?.delete(sequence)
      }
  }

  private keepPublication(zoneId: ZoneId, sequence: number, draft: Uint8Array | undefined): void {
    const published = this.published.get(zoneId) ?? new Map<number, Publication>()
    this.published.set(zoneId, published)
    const before = published.get(sequence)
    published.set(sequence, { sequence, draft: draft ?? before?.draft, stood: before?.stood ?? false })
  }

  private markStanding(zoneId: ZoneId, sequence: number): void {
    const published = this.published.get(zoneId)
    const publication = published?.get(sequence)
    if (publication !== undefined) published?.set(sequence, { ...publication, stood: true })
  }

  private keepEvidence(zoneId: ZoneId, records: readonly SignedRecord[]): void {
    const kept = this.conflicts.get(zoneId) ?? []
    this.conflicts.set(zoneId, kept)
    kept.push(...newEvidence(kept, records))
    const { conflicted } = this.index
    conflicted.add(zoneId)
    const evicted = this.index.evidenceToEvict()
    if (evicted === undefined) return
    this.conflicts.delete(evicted)
    conflicted.delete(evicted)
  }
}
