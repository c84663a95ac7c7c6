/** Octets of the table for each key. */
const SLOT = 4

/**
 * Remembers which keys went a short while ago, each for about as long as the table has slots for others: a key that
 * comes back is one that people ask for, however fast a flood washed it out. Two keys in 2^32 look the same.
 */
export class LatelyEvicted {
  private readonly hashes: Uint32Array

  /** @param octets of memory at most. */
  constructor(octets: number) {
    this.hashes = new Uint32Array(octets < SLOT ? 0 : 2 ** Math.floor(Math.log2(octets / SLOT)))
  }

  get octets(): number {
    return this.hashes.byteLength
  }

  add(key: string): void {
    if (this.hashes.length === 0) return
    const hash = hashOf(key)
    this.hashes[hash & (this.hashes.length - 1)] = hash
  }

  has(key: string): boolean {
    const hash = hashOf(key)
    return this.hashes[hash & (this.hashes.length - 1)] === hash
  }
}

/** FNV-1a, but never 0, which is what an empty slot has. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  // The lowest bits choose the slot; mixed with the others they depend on all of the key.
  hash ^= hash >>> 15
  return hash >>> 0 || 1
}
