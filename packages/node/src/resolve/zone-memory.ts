import type { SignedRecord, ZoneId } from '@signpost/core'
import type { StoredRecord } from '../store/store.ts'

/** What a memory knows of a zone. */
export interface Remembered {
  /** The authentic record that it keeps, and when it came, where it wins over the one that was asked with. */
  readonly newer: StoredRecord | undefined
  /** The highest sequence that was ever kept, 0 where there was none. */
  readonly floor: number
}

/** Where this node remembers zones beside its store, and what its own lookups must not fall behind. */
export interface ZoneMemory {
  /** @param stored the record that the node has otherwise. */
  remembered(zoneId: ZoneId, stored: SignedRecord | undefined): Promise<Remembered>
}
