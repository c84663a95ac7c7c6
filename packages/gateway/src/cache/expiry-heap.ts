/** What the heap keeps in a slot. */
export interface ExpirySlot {
  /** Milliseconds since the epoch. Only the heap changes it while the slot is in one. */
  spentAt: number
  /** Where in the heap the slot is. */
  place: number
}

/** Slots by the time at which they are spent, the earliest first: a binary heap that knows where each slot is. */
export class ExpiryHeap<S extends ExpirySlot> {
  private readonly slots: S[] = []

  get first(): S | undefined {
    return this.slots[0]
  }

  add(slot: S): void {
    this.slots.push(slot)
    this.rise(slot, this.slots.length - 1)
  }

  remove(slot: S): void {
    const last = this.slots.pop()
    if (last === undefined || last === slot) return
    last.place = slot.place
    this.settle(last)
  }

  /** Changes when a slot is spent. */
  move(slot: S, spentAt: number): void {
    slot.spentAt = spentAt
    this.settle(slot)
  }

  private settle(slot: S): void {
    this.rise(slot, slot.place)
    this.sink(slot, slot.place)
  }

  private rise(slot: S, from: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.slots[above] as S
      if (parent.spentAt <= slot.spentAt) break
      this.put(parent, at)
      at = above
    }
    this.put(slot, at)
  }

  private sink(slot: S, from: number): void {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = this.slots[left]
      if (least === undefined) break
      const other = this.slots[right]
      let below = left
      if (other !== undefined && other.spentAt < least.spentAt) {
        least = other
        below = right
      }
      if (slot.spentAt <= least.spentAt) break
      this.put(least, at)
      at = below
    }
    this.put(slot, at)
  }

  private put(slot: S, at: number): void {
    this.slots[at] = slot
    slot.place = at
  }
}
