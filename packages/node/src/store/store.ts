import type { SignedRecord, ZoneId } from '@signpost/core'
import type { Limit } from '@signpost/dns'

/** Owner's signed records that a store keeps for each of its own zones; the oldest go first. */
export const HISTORY_LIMIT: Limit = {
  default: 1_000,
  min: 1,
  max: 1_000_000,
}

/**
 * Zones whose records a store keeps, own and followed ones aside. Past it the record that was confirmed longest ago
 * goes, and leaves its floor. At the 10,240 octets that a record has at most, the default is 1 GiB.
 */
export const RECORD_LIMIT: Limit = {
  default: 100_000,
  min: 1,
  max: 10_000_000,
}

/** Conflicting records that a store keeps as evidence for each zone. More prove nothing new. */
export const EVIDENCE_LIMIT = 16

export interface StoreLimits {
  readonly records?: number
  readonly history?: number
}

/** A signed record, and how old what is known of it is. */
export interface StoredRecord {
  readonly record: SignedRecord
  /**
   * When the owner here, or a lookup, last found that the zone has nothing newer, in milliseconds since the epoch;
   * undefined where that was never so.
   */
  readonly confirmedAt: number | undefined
}

export type StorePutOptions = ConfirmedPut | UnaskedPut

/** The owner here, or a lookup, gave the record. */
export interface ConfirmedPut {
  /** Milliseconds since the epoch. */
  readonly confirmedAt: number
  readonly receivedAt?: undefined
  /**
   * The owner puts it here: the zone is ours to republish, the record joins its history, and one with the
   * sequence of another is refused even where it would win the tie.
   */
  readonly own?: boolean
  /**
   * The zone's octets as its publisher had written them, where changes from elsewhere were added to the record. It
   * stays with an own record, and what is put again leaves it.
   */
  readonly draft?: Uint8Array | undefined
}

/**
 * Somebody brought the record without being asked. It is the zone's from now on where it is newer, and as new as what it
 * replaces: the time at which that was confirmed stays, because then there was nothing newer than this one either. Were
 * it the time of receipt, whoever has saved an owner's records could keep the owner's news away by bringing one after
 * the other.
 */
export interface UnaskedPut {
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  readonly confirmedAt?: undefined
  readonly own?: undefined
  readonly draft?: undefined
}

/** Each carries what the store holds after the put. */
export type StorePut =
  | {
      /** The record is now the zone's. */
      readonly kind: 'stored'
      readonly equivocation: SignedRecord | undefined
    }
  | {
      /** The store held the same signed data; what is given with `confirmedAt` is confirmed as of then. */
      readonly kind: 'confirmed'
    }
  | {
      /** The store holds, or has seen, something that wins over it. `floor` is the highest sequence seen. */
      readonly kind: 'older'
      readonly floor: number
      readonly current: StoredRecord | undefined
      readonly equivocation: SignedRecord | undefined
    }

/** A record that was put here as own. */
export interface Publication {
  readonly sequence: number
  /** See {@link ConfirmedPut.draft}. */
  readonly draft: Uint8Array | undefined
  /** Whether it came back from elsewhere: it was the zone's record there, and not on this disk alone. */
  readonly stood: boolean
}

/** Two different records that one key signed for one sequence. */
export interface Equivocation {
  readonly zoneId: ZoneId
  readonly sequence: number
  readonly records: readonly SignedRecord[]
}

/** A zone that this node keeps alive for its owner. */
export interface Following {
  readonly zoneId: ZoneId
  /** Milliseconds since the epoch. */
  readonly since: number
}

/**
 * What a node remembers: the best authentic record of each zone, the highest sequence ever seen of it (its
 * floor), its own zones and their signed history, the zones that it follows, and evidence of equivocation.
 *
 * A store trusts its caller to have verified what it puts, and refuses all else by itself: an older record never
 * replaces a newer one, whoever asks and in whatever order. Puts of one zone happen one after the other. All
 * that a put writes is written together, and is on disk before the promise resolves.
 */
export interface Store {
  get(zoneId: ZoneId): Promise<StoredRecord | undefined>
  /** The highest sequence ever put for a zone, `undefined` before the first. It never falls; see `sweep`. */
  floor(zoneId: ZoneId): Promise<number | undefined>
  put(record: SignedRecord, options: StorePutOptions): Promise<StorePut>
  /** Drops a held record that does not verify: the disk damaged it. The zone's floor stays. */
  discard(record: SignedRecord): Promise<void>
  /** Zones that were put as own, in the order of their IDs. */
  ownZones(): Promise<ZoneId[]>
  /** An own zone's signed records from the oldest kept to the newest. */
  history(zoneId: ZoneId): Promise<SignedRecord[]>
  /** Those of the history's records that were put here as own, oldest first. The others came from elsewhere. */
  publications(zoneId: ZoneId): Promise<Publication[]>
  evidence(zoneId: ZoneId): Promise<Equivocation[]>
  /** Follows a zone from now on. On disk when it resolves, to whether that is new. */
  follow(zoneId: ZoneId, now: number): Promise<boolean>
  /** Follows a zone no longer. Resolves to whether it was followed. What is known of it stays, like any other zone's. */
  unfollow(zoneId: ZoneId): Promise<boolean>
  /** Followed zones, in the order of their IDs. */
  followed(): Promise<Following[]>
  /** Whether a zone is own or followed: its record, floor and evidence never go. */
  keepsAlive(zoneId: ZoneId): boolean
  /**
   * Forgets zones that nobody needs: neither own nor followed, and no record of them that was ever here has been valid
   * for 30 days (`FLOOR_MEMORY`), whereby validity counts for a year after receipt at most (`LONGEST_VALIDITY`). All
   * of them goes, the floor too. Of more floors than ten for each record that may be kept, those go before that
   * whose records are gone and over first. When the signal aborts, the rest is left for the next time. Resolves to how
   * many zones were forgotten.
   */
  sweep(now: number, signal?: AbortSignal): Promise<number>
}
