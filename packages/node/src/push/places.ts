import type { ZoneId } from '@signpost/core'

/**
 * Which zones a node listens for, where it knows of more than it has places: own ones first, and among their like those
 * that came first.
 */
export class Places {
  private readonly count: number
  private readonly own = new Set<ZoneId>()
  private readonly others = new Set<ZoneId>()
  private readonly taken = new Set<ZoneId>()

  constructor(count: number) {
    this.count = count
  }

  has(zoneId: ZoneId): boolean {
    return this.taken.has(zoneId)
  }

  /** Gives a zone a place, or lets it wait for one. An own one stays so. Returns the zone that made room for it. */
  add(zoneId: ZoneId, isOwn: boolean): ZoneId | undefined {
    if (this.own.has(zoneId) || (!isOwn && this.others.has(zoneId))) return undefined
    this.others.delete(zoneId)
    if (isOwn) this.own.add(zoneId)
    else this.others.add(zoneId)
    if (this.taken.has(zoneId)) return undefined
    const isFull = this.taken.size >= this.count
    const last = isFull && isOwn ? [...this.others].findLast(other => this.taken.has(other)) : undefined
    if (isFull && last === undefined) return undefined
    if (last !== undefined) this.taken.delete(last)
    this.taken.add(zoneId)
    return last
  }

  /** Forgets a zone. Returns the one that waited for its place, and has it now. */
  remove(zoneId: ZoneId): ZoneId | undefined {
    this.own.delete(zoneId)
    this.others.delete(zoneId)
    if (!this.taken.delete(zoneId)) return undefined
    for (const next of [...this.own, ...this.others])
      if (!this.taken.has(next)) {
        this.taken.add(next)
        return next
      }
    return undefined
  }
}
