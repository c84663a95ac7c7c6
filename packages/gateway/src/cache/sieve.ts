/** What the queue keeps in a slot. */
export interface SieveSlot<S> {
  /** It was asked for since it was put in, or since the hand last came by. */
  visited: boolean
  newer: S | undefined
  older: S | undefined
}

/**
 * Decides which slot goes first: SIEVE (Zhang et al., NSDI 2024). A hit sets one flag, and a hand that walks from the
 * oldest slot to the newest takes the first one that was not hit since it last came by. So a flood of names that are
 * asked once cannot push out the names that are asked often, and a hit costs no reordering.
 */
export class Sieve<S extends SieveSlot<S>> {
  private newest: S | undefined
  private oldest: S | undefined
  private hand: S | undefined

  get isEmpty(): boolean {
    return this.oldest === undefined
  }

  add(slot: S): void {
    slot.older = this.newest
    slot.newer = undefined
    if (this.newest !== undefined) this.newest.newer = slot
    this.newest = slot
    this.oldest ??= slot
  }

  remove(slot: S): void {
    if (this.hand === slot) this.hand = slot.newer
    if (slot.newer === undefined) this.newest = slot.older
    else slot.newer.older = slot.older
    if (slot.older === undefined) this.oldest = slot.newer
    else slot.older.newer = slot.newer
  }

  /** The slot that should go now, still in the queue; undefined where the queue is empty. */
  next(): S | undefined {
    let slot = this.hand ?? this.oldest
    while (slot?.visited === true) {
      slot.visited = false
      slot = slot.newer ?? this.oldest
    }
    this.hand = slot
    return slot
  }
}
