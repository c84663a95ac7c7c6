/**
 * Remembers what was used lately: at least the last half of its capacity in distinct keys, its capacity at most. It has
 * two generations. What is used moves to the younger one; once that is full, the older one goes whole. So a flood of
 * keys that come once never pushes out what is in use, and remembering costs no list to keep in order.
 */
export class RecentMap<V> {
  private readonly half: number
  private younger = new Map<string, V>()
  private older = new Map<string, V>()

  /** @param capacity two or more. */
  constructor(capacity: number) {
    this.half = Math.floor(capacity / 2)
  }

  get size(): number {
    return this.younger.size + this.older.size
  }

  get(key: string): V | undefined {
    const known = this.younger.get(key)
    if (known !== undefined) return known
    const old = this.older.get(key)
    if (old !== undefined) this.add(key, old)
    return old
  }

  /** @param value not undefined. */
  add(key: string, value: V): void {
    if (this.younger.size >= this.half && !this.younger.has(key)) {
      this.older = this.younger
      this.younger = new Map()
    }
    this.older.delete(key)
    this.younger.set(key, value)
  }
}
