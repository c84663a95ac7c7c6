interface Slot<V> {
  readonly key: string
  readonly value: V
  readonly cost: number
  visited: boolean
  newer: Slot<V> | undefined
  older: Slot<V> | undefined
}

/**
 * A map whose values have a cost and whose costs together stay within a capacity. What goes first is decided by
 * SIEVE (Zhang et al., NSDI 2024): a hit sets one flag, and a hand that walks from the oldest entry to the newest
 * takes the first one that was not hit since it last came by. So a flood of names that are asked once cannot push
 * out the names that are asked often, and a hit costs no reordering.
 */
export class BoundedMap<V> {
  readonly capacity: number
  private readonly slots = new Map<string, Slot<V>>()
  private readonly onRemoved: (key: string, value: V) => void
  private newest: Slot<V> | undefined
  private oldest: Slot<V> | undefined
  private hand: Slot<V> | undefined
  private total = 0
  private evictedCount = 0

  /** @param onRemoved hears of every value that goes: evicted, replaced, deleted or cleared. */
  constructor(capacity: number, onRemoved: (key: string, value: V) => void = () => {}) {
    this.capacity = capacity
    this.onRemoved = onRemoved
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

  get(key: string): V | undefined {
    const slot = this.slots.get(key)
    if (slot === undefined) return undefined
    slot.visited = true
    return slot.value
  }

  /** False, and nothing of that key is kept, where the cost alone is over the capacity. */
  set(key: string, value: V, cost: number): boolean {
    this.delete(key)
    if (cost > this.capacity) return false
    while (this.total + cost > this.capacity) this.evict()
    const slot: Slot<V> = { key, value, cost, visited: false, newer: undefined, older: this.newest }
    if (this.newest !== undefined) this.newest.newer = slot
    this.newest = slot
    this.oldest ??= slot
    this.slots.set(key, slot)
    this.total += cost
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

  private evict(): void {
    let slot = this.hand ?? this.oldest
    while (slot?.visited === true) {
      slot.visited = false
      slot = slot.newer ?? this.oldest
    }
    if (slot === undefined) return
    this.hand = slot.newer
    this.remove(slot)
    this.evictedCount++
  }

  private remove(slot: Slot<V>): void {
    if (this.hand === slot) this.hand = slot.newer
    if (slot.newer === undefined) this.newest = slot.older
    else slot.newer.older = slot.older
    if (slot.older === undefined) this.oldest = slot.newer
    else slot.older.newer = slot.newer
    this.slots.delete(slot.key)
    this.total -= slot.cost
    this.onRemoved(slot.key, slot.value)
  }
}
