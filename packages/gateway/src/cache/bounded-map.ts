import { ExpiryHeap } from './expiry-heap.ts'
import { LatelyEvicted } from './lately-evicted.ts'
import { Sieve } from './sieve.ts'

interface Slot<V> {
  readonly key: string
  readonly value: V
  readonly cost: number
  readonly group: Group<V>
  readonly endsAt: number
  spentAt: number
  place: number
  visited: boolean
  /** It was asked for since it was put in, or since it was found to be spent. */
  isUsed: boolean
  newer: Slot<V> | undefined
  older: Slot<V> | undefined
}

interface Group<V> {
  /** What its values may cost together. */
  readonly capacity: number
  readonly sieve: Sieve<Slot<V>>
  readonly spent: ExpiryHeap<Slot<V>>
  cost: number
}

/** What a value takes, and for how long it is of use. Times are milliseconds since the epoch. */
export interface Placement {
  /** Index of its group. */
  readonly group: number
  readonly cost: number
  /** From then on it goes before all that is not spent, unless it is in use. */
  readonly spentAt: number
  /** From then on it is of no use at all and may go at any time. */
  readonly endsAt: number
}

/** Milliseconds for which a value that was asked for does not count as spent. */
const USE_COUNTS_FOR = 3_600_000
/** The part of the capacity for the memory of what was evicted. */
const MEMORY_PART = 1 / 32
/** Ended values that are let go whenever one is put in, so that it never takes long. */
const ENDED_AT_ONCE = 4

/**
 * A map whose values have a cost and whose costs together stay within a capacity. Values that are spent and
 * that nobody asks for go first; then {@link Sieve} decides. What comes back soon after it went counts as in use. Values stand in groups, each with a share
 * of the capacity that it may take at most, so that a flood of one kind leaves room for the others.
 */
export class BoundedMap<V> {
  readonly capacity: number
  private readonly slots = new Map<string, Slot<V>>()
  private readonly groups: readonly Group<V>[]
  private readonly onRemoved: (key: string, value: V) => void
  private readonly evicted: LatelyEvicted
  private readonly room: number
  private total = 0
  private evictedCount = 0

  /**
   * @param shares of each group, 0 to 1. What a group leaves free the others may take. The first group gives way where
   * all of them together want more than there is.
   * @param onRemoved hears of every value that goes: evicted, ended, replaced, deleted or cleared.
   */
  constructor(
    capacity: number,
    shares: readonly number[],
    onRemoved: (key: string, value: V) => void = () => {},
  ) {
    this.capacity = capacity
    this.onRemoved = onRemoved
    this.evicted = new LatelyEvicted(capacity * MEMORY_PART)
    this.room = capacity - this.evicted.octets
    this.groups = shares.map(share => ({
      capacity: Math.floor(this.room * share),
      sieve: new Sieve(),
      spent: new ExpiryHeap(),
      cost: 0,
    }))
  }

  get size(): number {
    return this.slots.size
  }

  /** The costs of all values together; never over the capacity. */
  get cost(): number {
    return this.total
  }

  /** How many values went because the space was needed. */
  get evictions(): number {
    return this.evictedCount
  }

  /** The value, which counts as a use of it. */
  get(key: string): V | undefined {
    const slot = this.slots.get(key)
    if (slot === undefined) return undefined
    slot.visited = true
    slot.isUsed = true
    return slot.value
  }

  /** The value, without a use of it. */
  peek(key: string): V | undefined {
    return this.slots.get(key)?.value
  }

  /**
   * False, and nothing of that key is kept, where the cost alone is over what its group may take. A value that takes
   * another's place takes its uses too.
   */
  set(key: string, value: V, { group: index, cost, spentAt, endsAt }: Placement, now: number): boolean {
    const before = this.slots.get(key)
    if (before !== undefined) this.remove(before)
    this.dropEnded(now)
    const group = this.groups[index]
    if (group === undefined || cost > group.capacity) return false
    while (group.cost + cost > group.capacity) this.evictFrom(group, now)
    while (this.total + cost > this.room) this.evictFrom(this.giving(now), now)
    const isBack = before === undefined && this.evicted.has(key)
    const slot: Slot<V> = {
      key,
      value,
      cost,
      group,
      endsAt,
      spentAt,
      place: 0,
      visited: before?.visited ?? isBack,
      isUsed: before?.isUsed ?? isBack,
      newer: undefined,
      older: undefined,
    }
    group.sieve.add(slot)
    group.spent.add(slot)
    group.cost += cost
    this.total += cost
    this.slots.set(key, slot)
    return true
  }

  delete(key: string): boolean {
    const slot = this.slots.get(key)
    if (slot === undefined) return false
    this.remove(slot)
    return true
  }

  clear(): void {
    for (const key of this.slots.keys()) this.delete(key)
  }

  /** Deleting while walking is allowed. */
  *[Symbol.iterator](): Generator<readonly [key: string, value: V]> {
    for (const [key, { value }] of this.slots) yield [key, value]
  }

  private dropEnded(now: number): void {
    for (const { spent } of this.groups)
      for (let left = ENDED_AT_ONCE; left > 0 && spent.first !== undefined; left--) {
        if (spent.first.endsAt > now) break
        this.remove(spent.first)
      }
  }

  private evictFrom(group: Group<V>, now: number): void {
    const slot = this.spentOf(group, now) ?? group.sieve.next()
    if (slot === undefined) return
    this.remove(slot)
    this.evicted.add(slot.key)
    this.evictedCount++
  }

  /** The group that has to give something where all together have too much. */
  private giving(now: number): Group<V> {
    const hasSpent = (group: Group<V>): boolean => this.spentOf(group, now) !== undefined
    return (this.groups.find(hasSpent) ?? this.groups.find(({ sieve }) => !sieve.isEmpty)) as Group<V>
  }

  /** The value that is spent for longest and that nobody asked for. Those in use are in use for a while longer. */
  private spentOf({ spent }: Group<V>, now: number): Slot<V> | undefined {
    for (;;) {
      const slot = spent.first
      if (slot === undefined || slot.spentAt > now) return undefined
      if (!slot.isUsed) return slot
      slot.isUsed = false
      spent.move(slot, now + USE_COUNTS_FOR)
    }
  }

  private remove(slot: Slot<V>): void {
    const { group } = slot
    group.sieve.remove(slot)
    group.spent.remove(slot)
    group.cost -= slot.cost
    this.total -= slot.cost
    this.slots.delete(slot.key)
    this.onRemoved(slot.key, slot.value)
  }
}
