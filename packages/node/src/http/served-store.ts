import { type SignedRecord, type ZoneId, compareRecords } from '@signpost/core'
import type { LookupStore } from '../resolve/network-lookup.ts'
import type { Remembered, ZoneMemory } from '../resolve/zone-memory.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store, StorePut, StorePutOptions, StoredRecord } from '../store/store.ts'

/** Zones beside the node's own ones that are remembered for those who asked: 10 MiB at the longest records. */
const SERVED_ZONES = 1_000

/**
 * Where lookups for HTTP clients read and write. Of a zone that this node has on its disk they read and renew that;
 * all others are kept in memory, where they push out one another alone, so that no stranger's questions turn out what
 * the node looked up for itself. The node's own lookups do not fall behind what is kept here.
 */
export class ServedStore implements LookupStore, ZoneMemory {
  private readonly disk: Store
  private readonly others: MemoryStore

  /** @param zones as many as are kept in memory. */
  constructor(disk: Store, zones: number = SERVED_ZONES) {
    this.disk = disk
    this.others = new MemoryStore({ records: zones })
  }

  async get(zoneId: ZoneId): Promise<StoredRecord | undefined> {
    const [stored, other] = [await this.disk.get(zoneId), await this.others.get(zoneId)]
    if (stored === undefined || other === undefined) return stored ?? other
    const order = compareRecords(other.record, stored.record)
    const isBetter = order > 0 || (order === 0 && (other.confirmedAt ?? 0) > (stored.confirmedAt ?? 0))
    return isBetter ? other : stored
  }

  async floor(zoneId: ZoneId): Promise<number | undefined> {
    const floors = [await this.disk.floor(zoneId), await this.others.floor(zoneId)]
    return Math.max(...floors.map(floor => floor ?? 0)) || undefined
  }

  async put(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const { zoneId } = record
    const isOnDisk = this.disk.keepsAlive(zoneId) || (await this.disk.get(zoneId)) !== undefined
    return (isOnDisk ? this.disk : this.others).put(record, options)
  }

  async discard(record: SignedRecord): Promise<void> {
    await this.disk.discard(record)
    await this.others.discard(record)
  }

  async remembered(zoneId: ZoneId, stored: SignedRecord | undefined): Promise<Remembered> {
    const record = (await this.others.get(zoneId))?.record
    const isNewer = record !== undefined && (stored === undefined || compareRecords(record, stored) > 0)
    return { newer: isNewer ? record : undefined, floor: (await this.others.floor(zoneId)) ?? 0 }
  }

  /** Forgets what nobody needs of what is in memory; see `Store.sweep`. */
  async sweep(now: number, signal: AbortSignal): Promise<number> {
    return this.others.sweep(now, signal)
  }
}
