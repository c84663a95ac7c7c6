const EMPTY = 0
const SMALL = 128

/**
 * Where the names of a message stand, by the hash of their octets: what compression looks up. An open-addressed table
 * of numbers, since strings and a Map made for each message cost more than all the rest of encoding it.
 */
export class NameTable {
  /** Pairs of a hash and one more than a position; a place is empty where the latter is 0. */
  private slots = new Int32Array(2 * SMALL)
  private count = 0

  clear(): void {
    // A table that grew for one large message would be cleared at that size for every small one after it.
    if (this.slots.length > 2 * SMALL) this.slots = new Int32Array(2 * SMALL)
    else if (this.count > 0) this.slots.fill(EMPTY)
    this.count = 0
  }

  /** Where the name `wire.subarray(at)` stands in `message`; undefined where it does not. */
  find(message: Uint8Array, wire: Uint8Array, at: number, hash: number): number | undefined {
    const { slots } = this
    const mask = slots.length / 2 - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const next = slots[2 * slot + 1] as number
      if (next === EMPTY) return undefined
      if (slots[2 * slot] === hash && standsAt(message, next - 1, wire, at)) return next - 1
    }
  }

  /** Notes a name that {@link find} does not find. */
  add(position: number, hash: number): void {
    if (this.count * 4 >= this.slots.length) this.grow()
    this.count++
    this.put(position + 1, hash)
  }

  private put(next: number, hash: number): void {
    const { slots } = this
    const mask = slots.length / 2 - 1
    let slot = hash & mask
    while (slots[2 * slot + 1] !== EMPTY) slot = (slot + 1) & mask
    slots[2 * slot] = hash
    slots[2 * slot + 1] = next
  }

  private grow(): void {
    const old = this.slots
    this.slots = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 2)
      if (old[at + 1] !== EMPTY) this.put(old[at + 1] as number, old[at] as number)
  }
}

/** Hashes of all tails of a name, the tail that starts at octet n at `into[n]`. */
export function hashTails(wire: Uint8Array, into: Int32Array): void {
  let hash = 0
  for (let at = wire.length - 1; at >= 0; at--) {
    hash = Math.imul(hash ^ (wire[at] as number), 0x01000193)
    // The multiplication moves bits upwards only; the table looks at the lower ones.
    hash ^= hash >>> 15
    into[at] = hash
  }
}

// Walks the name at a position along its pointers, which all point backwards to what was written before.
function standsAt(message: Uint8Array, position: number, wire: Uint8Array, start: number): boolean {
  let at = start
  for (;;) {
    let length = message[position] as number
    while (length >= 0xc0) {
      position = ((length & 0x3f) << 8) | (message[position + 1] as number)
      length = message[position] as number
    }
    for (let n = 0; n <= length; n++) if (message[position + n] !== wire[at + n]) return false
    if (length === 0) return true
    position += length + 1
    at += length + 1
  }
}
