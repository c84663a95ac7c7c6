import { type KeepLimits, type SourceRecords, type Sources, type Usage, weightOf } from './admission.ts'

class Records<Key> implements SourceRecords<Key> {
  octets = 0
  private readonly alone = new Map<Key, number>()
  private readonly shared = new Map<Key, number>()

  get zones(): number {
    return this.alone.size + this.shared.size
  }

  *[Symbol.iterator](): Generator<readonly [Key, number]> {
    yield* this.alone
    yield* this.shared
  }

  /** Puts it last in the order. */
  set(key: Key, octets: number, isShared: boolean): void {
    this.delete(key)
    ;(isShared ? this.shared : this.alone).set(key, octets)
    this.octets += octets
  }

  delete(key: Key): void {
    this.octets -= this.alone.get(key) ?? this.shared.get(key) ?? 0
    this.alone.delete(key)
    this.shared.delete(key)
  }
}

/** What is kept of each source, and who has most of it. */
export class KeptSources<Key extends string> implements Sources<Key> {
  private readonly limits: KeepLimits
  private readonly sources = new Map<string, Records<Key>>()
  /** Sources by weight. Few weights differ: all of them together are the room twice at most. */
  private readonly weights = new Map<number, Set<string>>()
  private readonly total = { zones: 0, octets: 0 }

  constructor(limits: KeepLimits) {
    this.limits = limits
  }

  /** Counts of sources and of what they brought. */
  get usage(): Usage & { readonly sources: number } {
    return { ...this.total, sources: this.sources.size }
  }

  get(source: string): SourceRecords<Key> | undefined {
    return this.sources.get(source)
  }

  *heaviestFirst(): Generator<string> {
    for (const weight of [...this.weights.keys()].sort((a, b) => b - a)) yield* this.weights.get(weight) ?? []
  }

  /** @param isShared whether another source has brought it too. */
  set(source: string, key: Key, octets: number, isShared: boolean): void {
    this.change(source, records => {
      records.set(key, octets, isShared)
    })
  }

  delete(source: string, key: Key): void {
    this.change(source, records => {
      records.delete(key)
    })
  }

  private change(source: string, change: (records: Records<Key>) => void): void {
    const records = this.sources.get(source) ?? new Records<Key>()
    const before = { zones: records.zones, octets: records.octets }
    change(records)
    this.total.zones += records.zones - before.zones
    this.total.octets += records.octets - before.octets
    if (records.zones === 0) this.sources.delete(source)
    else this.sources.set(source, records)
    this.move(source, weightOf(before, this.limits), weightOf(records, this.limits))
  }

  private move(source: string, from: number, to: number): void {
    if (from === to) return
    const left = this.weights.get(from)
    left?.delete(source)
    if (left?.size === 0) this.weights.delete(from)
    if (to === 0) return
    const joined = this.weights.get(to) ?? new Set()
    this.weights.set(to, joined.add(source))
  }
}
