import type { SignedRecord, ZoneId } from '@signpost/core'
import { groupEvidence, newEvidence } from './evidence.ts'
import { judgeReplacement } from './replacement.ts'
import {
  type Equivocation,
  HISTORY_LIMIT,
  RECORD_LIMIT,
  type Store,
  type StoreLimits,
  type StorePut,
  type StorePutOptions,
  type StoredRecord,
} from './store.ts'

/** Keeps everything in memory: for tests, and for nodes that need remember nothing after they stop. */
export class MemoryStore implements Store {
  // In the order of receipt, oldest first.
  private readonly records = new Map<ZoneId, StoredRecord>()
  private readonly floors = new Map<ZoneId, number>()
  private readonly histories = new Map<ZoneId, Map<number, SignedRecord>>()
  private readonly published = new Map<ZoneId, Set<number>>()
  private readonly conflicts = new Map<ZoneId, SignedRecord[]>()
  private readonly recordLimit: number
  private readonly historyLimit: number

  constructor(limits: StoreLimits = {}) {
    this.recordLimit = limits.records ?? RECORD_LIMIT.default
    this.historyLimit = limits.history ?? HISTORY_LIMIT.default
  }

  async get(zoneId: ZoneId): Promise<StoredRecord | undefined> {
    return this.records.get(zoneId)
  }

  async floor(zoneId: ZoneId): Promise<number | undefined> {
    return this.floors.get(zoneId)
  }

  async put(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const { zoneId } = record
    const current = this.records.get(zoneId)
    const floor = this.floors.get(zoneId)
    const { kind, equivocation } = judgeReplacement(record, current?.record, floor, options.own)
    const rival = equivocation ? current?.record : undefined
    if (rival !== undefined) this.keepEvidence(zoneId, [rival, record])
    if (kind === 'refuse') return { kind: 'older', floor: floor ?? 0, current, equivocation: rival }

    const own = options.own === true || this.histories.has(zoneId)
    if (own) this.keepHistory(kind === 'confirm' && current !== undefined ? current.record : record)
    if (options.own === true) this.publishedSequences(zoneId).add(record.sequence)
    // It takes the place of one with its sequence that was published here.
    else if (kind === 'replace') this.published.get(zoneId)?.delete(record.sequence)
    this.records.delete(zoneId)
    if (kind === 'confirm' && current !== undefined) {
      this.records.set(zoneId, {
        record: current.record,
        receivedAt: Math.max(current.receivedAt, options.receivedAt),
      })
      return { kind: 'confirmed' }
    }
    this.records.set(zoneId, { record, receivedAt: options.receivedAt })
    this.floors.set(zoneId, record.sequence)
    this.evict()
    return { kind: 'stored', equivocation: rival }
  }

  async discard(record: SignedRecord): Promise<void> {
    if (this.records.get(record.zoneId)?.record === record) this.records.delete(record.zoneId)
  }

  async ownZones(): Promise<ZoneId[]> {
    return [...this.histories.keys()].sort()
  }

  async history(zoneId: ZoneId): Promise<SignedRecord[]> {
    const history = this.histories.get(zoneId) ?? new Map<number, SignedRecord>()
    return [...history.values()].sort((a, b) => a.sequence - b.sequence)
  }

  async publishedHere(zoneId: ZoneId): Promise<number[]> {
    return [...(this.published.get(zoneId) ?? [])].sort((a, b) => a - b)
  }

  async evidence(zoneId: ZoneId): Promise<Equivocation[]> {
    return groupEvidence(zoneId, this.conflicts.get(zoneId) ?? [])
  }

  private keepHistory(record: SignedRecord): void {
    const history = this.histories.get(record.zoneId) ?? new Map<number, SignedRecord>()
    this.histories.set(record.zoneId, history)
    history.set(record.sequence, record)
    const excess = [...history.keys()].sort((a, b) => a - b).slice(0, -this.historyLimit)
    // What was published here last is what the next publication is compared with, however long ago that was.
    const last = Math.max(...(this.published.get(record.zoneId) ?? [-1]))
    for (const sequence of excess)
      if (sequence !== last) {
        history.delete(sequence)
        this.published.get(record.zoneId)?.delete(sequence)
      }
  }

  private publishedSequences(zoneId: ZoneId): Set<number> {
    const published = this.published.get(zoneId) ?? new Set()
    this.published.set(zoneId, published)
    return published
  }

  private keepEvidence(zoneId: ZoneId, records: readonly SignedRecord[]): void {
    const kept = this.conflicts.get(zoneId) ?? []
    this.conflicts.set(zoneId, kept)
    kept.push(...newEvidence(kept, records))
  }

  private evict(): void {
    if (this.records.size <= this.recordLimit) return
    for (const zoneId of this.records.keys()) {
      if (this.histories.has(zoneId)) continue
      this.records.delete(zoneId)
      return
    }
  }
}
