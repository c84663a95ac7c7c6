import type { ZoneId } from '@signpost/core'
import { CONFLICT_LIMIT } from './evidence.ts'
import type { Following } from './store.ts'

/** What a store knows of its zones without reading their records. */
export class ZoneIndex {
  /** When each record was confirmed, longest ago first: the order in which they go when there are too many. */
  readonly confirmed: Map<ZoneId, number | undefined> = new Map()
  readonly own: Set<ZoneId> = new Set()
  /** Since when each is followed. */
  readonly followed: Map<ZoneId, number> = new Map()
  /** Zones with evidence, the oldest first. */
  readonly conflicted: Set<ZoneId> = new Set()

  /** Whether this node gives the zone to peers again, so that nothing of it may go. */
  keepsAlive(zoneId: ZoneId): boolean {
    return this.own.has(zoneId) || this.followed.has(zoneId)
  }

  /** Followed zones, in the order of their IDs. */
  followings(): Following[] {
    return [...this.followed]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([zoneId, since]) => ({ zoneId, since }))
  }

  /** Puts a record last in the order, unless it was not confirmed again. */
  confirm(zoneId: ZoneId, at: number | undefined): void {
    if (this.confirmed.has(zoneId) && this.confirmed.get(zoneId) === at) return
    this.confirmed.delete(zoneId)
    this.confirmed.set(zoneId, at)
  }

  /** The record that goes when there are more than `limit`, own and followed zones aside. */
  recordToEvict(limit: number): ZoneId | undefined {
    return this.firstForeign(this.confirmed.keys(), this.confirmed.size - limit)
  }

  /** The zone whose evidence goes when there is evidence of too many. */
  evidenceToEvict(): ZoneId | undefined {
    return this.firstForeign(this.conflicted, this.conflicted.size - CONFLICT_LIMIT)
  }

  private firstForeign(zoneIds: Iterable<ZoneId>, excess: number): ZoneId | undefined {
    if (excess <= this.own.size + this.followed.size) return undefined
    for (const zoneId of zoneIds) if (!this.keepsAlive(zoneId)) return zoneId
    return undefined
  }
}
