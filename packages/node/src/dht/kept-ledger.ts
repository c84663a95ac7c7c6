import type { ZoneId } from '@signpost/core'
import { type Admission, type KeepLimits, admit } from './admission.ts'
import { KeptSources } from './kept-sources.ts'

/** What a DHT knows of a record that it keeps, without reading it. */
export interface KeptEntry {
  /** Whose request brought the zone's first record here; undefined for a zone that this node keeps for itself. */
  readonly source: string | undefined
  /** Whether others have put it as well since. */
  readonly shared: boolean
  /** Of the record and what kad-dht wraps it in. */
  readonly octets: number
  /** Milliseconds since the epoch, like all below. */
  readonly receivedAt: number
  readonly expiresAt: number
  /** The record's: a floor that stands where the disk damages the record. */
  readonly sequence: number
  /** The time up to which any record of the zone that was ever here can be valid. */
  readonly horizon: number
}

/** A zone whose record has to go, and the entry that it had. */
export type Goer = readonly [ZoneId, KeptEntry]

export type Entered =
  | { readonly kind: 'admitted'; readonly evicted: readonly Goer[] }
  | Extract<Admission, { kind: 'refused' }>

/** What a DHT keeps for others, by source, and whether there is room for more. */
export class KeptLedger {
  private readonly entries = new Map<ZoneId, KeptEntry>()
  private readonly sources: KeptSources<ZoneId>
  private readonly limits: KeepLimits
  private readonly isNeeded: (zoneId: ZoneId) => boolean

  /** @param entries the one that was put longest ago first. */
  constructor(
    entries: Iterable<readonly [ZoneId, KeptEntry]>,
    limits: KeepLimits,
    isNeeded: (zoneId: ZoneId) => boolean,
  ) {
    this.limits = limits
    this.isNeeded = isNeeded
    this.sources = new KeptSources(limits)
    for (const [zoneId, entry] of entries) this.set(zoneId, entry)
  }

  get(zoneId: ZoneId): KeptEntry | undefined {
    return this.entries.get(zoneId)
  }

  /** Zones of which something is true. */
  select(isWanted: (zoneId: ZoneId, entry: KeptEntry) => boolean): ZoneId[] {
    return [...this.entries].flatMap(([zoneId, entry]) => (isWanted(zoneId, entry) ? [zoneId] : []))
  }

  /** Counts of sources and of what they brought, this node's own apart. */
  get usage(): KeptSources<ZoneId>['usage'] {
    return this.sources.usage
  }

  /** Enters a zone's record as the last one that was put, and leaves those out that have to go for it. */
  admit(zoneId: ZoneId, entry: KeptEntry): Entered {
    const { source, octets } = entry
    if (source !== undefined) {
      const before = this.entries.get(zoneId)
      const replaced = before?.source === source ? before.octets : undefined
      const incoming = { zoneId, source, octets, replaced }
      const admission = admit(incoming, this.sources, this.usage, this.limits, this.isNeeded)
      if (admission.kind === 'refused') return admission
      const evicted = admission.evicted.flatMap(goer => this.goerOf(goer))
      for (const [goer] of evicted) this.remove(goer)
      this.set(zoneId, entry)
      return { kind: 'admitted', evicted }
    }
    this.set(zoneId, entry)
    return { kind: 'admitted', evicted: [] }
  }

  /** Puts an entry back as it was before it was admitted. */
  restore(zoneId: ZoneId, before: KeptEntry | undefined): void {
    if (before === undefined) this.remove(zoneId)
    else this.set(zoneId, before)
  }

  remove(zoneId: ZoneId): void {
    const entry = this.entries.get(zoneId)
    this.entries.delete(zoneId)
    if (entry?.source !== undefined) this.sources.delete(entry.source, zoneId)
  }

  private goerOf(zoneId: ZoneId): Goer[] {
    const entry = this.entries.get(zoneId)
    return entry === undefined ? [] : [[zoneId, entry]]
  }

  private set(zoneId: ZoneId, entry: KeptEntry): void {
    this.remove(zoneId)
    this.entries.set(zoneId, entry)
    const { source, octets, shared } = entry
    if (source !== undefined) this.sources.set(source, zoneId, octets, shared)
  }
}

/** An entry as it is kept on disk. */
export function encodeEntry(entry: KeptEntry): Uint8Array {
  const { source, octets, receivedAt, expiresAt, sequence, horizon, shared } = entry
  const fields = [source ?? null, octets, receivedAt, expiresAt, sequence, horizon, Number(shared)]
  return new TextEncoder().encode(JSON.stringify(fields))
}

/** Undefined for octets that are none. */
export function decodeEntry(octets: Uint8Array): KeptEntry | undefined {
  let fields: unknown
  try {
    fields = JSON.parse(new TextDecoder().decode(octets))
  } catch {
    return undefined
  }
  if (!Array.isArray(fields)) return undefined
  const [source, ...numbers] = fields as unknown[]
  const isEntry =
    (source === null || typeof source === 'string') &&
    numbers.length === 6 &&
    numbers.every(number => Number.isFinite(number) && (number as number) >= 0)
  if (!isEntry) return undefined
  const [size, receivedAt, expiresAt, sequence, horizon, shared] = numbers as Six
  return {
    source: source ?? undefined,
    octets: size,
    receivedAt,
    expiresAt,
    sequence,
    horizon,
    shared: shared === 1,
  }
}

type Six = [number, number, number, number, number, number]
