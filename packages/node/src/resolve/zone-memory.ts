import { type SignedRecord, type ZoneId, compareRecords } from '@signpost/core'

/** What a memory knows of a zone. */
export interface Remembered {
  /** The authentic record that it keeps, where it wins over the one that was asked with. */
  readonly newer: SignedRecord | undefined
  /** The highest sequence ever seen, 0 for none; that of `newer` may be above it. */
  readonly floor: number
}

/** Where this node remembers zones beside its store, and what its own lookups must not fall behind. */
export interface ZoneMemory {
  /** @param stored the record that the node has otherwise. */
  remembered(zoneId: ZoneId, stored: SignedRecord | undefined): Promise<Remembered>
}

/** Several memories as one: the DHT of each network keeps what was put to it. */
export function jointMemory(memories: readonly ZoneMemory[]): ZoneMemory {
  return {
    async remembered(zoneId, stored) {
      const all = await Promise.all(memories.map(memory => memory.remembered(zoneId, stored)))
      return all.reduce(better, { newer: undefined, floor: 0 })
    },
  }
}

function better(a: Remembered, b: Remembered): Remembered {
  const floor = Math.max(a.floor, b.floor)
  if (a.newer === undefined || b.newer === undefined) return { newer: a.newer ?? b.newer, floor }
  return { newer: compareRecords(b.newer, a.newer) > 0 ? b.newer : a.newer, floor }
}
