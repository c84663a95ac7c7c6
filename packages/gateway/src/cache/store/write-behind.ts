import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AnswerStore, Change } from './answer-store.ts'

/** Milliseconds from a change to its writing, which is what a crash loses at most; the longest pause after failures. */
const PACE = { first: 1000, last: 60_000 }
/** Values that are written at once; more wait for the next time, so that a flood leaves the disk its breath. */
const BATCH = 4096
/** Values that are encoded in one turn of the event loop. */
const SLICE = 256

/** How values become octets. */
export interface Encoding<V> {
  /** Whether a value is written at all. */
  keeps(value: V): boolean
  encode(key: string, value: V): Uint8Array
}

export interface WriteBehindParts<V> {
  readonly store: AnswerStore
  readonly encoding: Encoding<V>
  /** Hears when writing begins to fail, and `undefined` when it works again. */
  readonly onHealth: (error: unknown) => void
}

/**
 * Writes what changes in memory to a store, a second later and all at once, and only what is still there by then. It
 * holds no more than memory does: one value a key.
 */
export class WriteBehind<V extends object> {
  private readonly parts: WriteBehindParts<V>
  /** What is not written yet; undefined is to be deleted. */
  private readonly changed = new Map<string, V | undefined>()
  /** The octets of what the store has, by key. */
  private readonly saved = new Map<string, number>()
  private octets = 0
  private pause = PACE.first
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> | undefined
  private isClosed = false

  constructor(parts: WriteBehindParts<V>) {
    this.parts = parts
  }

  get size(): number {
    return this.saved.size
  }

  /** Of all that the store has; what LevelDB takes for it is about as much. */
  get savedOctets(): number {
    return this.octets
  }

  stored(key: string, value: V): void {
    if (this.parts.encoding.keeps(value)) this.changed.set(key, value)
    this.begin()
  }

  removed(key: string): void {
    if (this.saved.has(key)) this.changed.set(key, undefined)
    else this.changed.delete(key)
    this.begin()
  }

  /** The store has a key; undefined: it has not. */
  noteSaved(key: string, octets: number | undefined): void {
    this.octets += (octets ?? 0) - (this.saved.get(key) ?? 0)
    if (octets === undefined) this.saved.delete(key)
    else this.saved.set(key, octets)
  }

  /** The store has nothing any more. */
  noteNothingSaved(): void {
    this.saved.clear()
    this.octets = 0
  }

  /** The store has something under a key that is of no use. */
  discard(key: string): void {
    // What was written since, or is about to be, takes its place anyway.
    if (this.changed.has(key) || this.saved.has(key)) return
    this.noteSaved(key, 0)
    this.removed(key)
  }

  /** Writes all that is left, and writes nothing any more. */
  async close(): Promise<void> {
    this.isClosed = true
    clearTimeout(this.timer)
    await this.writing
    while (this.changed.size > 0 && (await this.write())) {
      // The next batch.
    }
  }

  private begin(): void {
    if (this.timer !== undefined || this.writing !== undefined || this.isClosed || this.changed.size === 0)
      return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.writing = this.writeAndGoOn()
    }, this.pause)
  }

  private async writeAndGoOn(): Promise<void> {
    await this.write()
    this.writing = undefined
    this.begin()
  }

  /** False where the store refuses it; the changes stand for the next time. */
  private async write(): Promise<boolean> {
    const batch = this.take()
    try {
      await this.parts.store.write(await this.encode(batch))
    } catch (error) {
      this.putBack(batch)
      if (this.pause === PACE.first) this.parts.onHealth(error)
      this.pause = Math.min(2 * this.pause, PACE.last)
      return false
    }
    if (this.pause !== PACE.first) this.parts.onHealth(undefined)
    this.pause = PACE.first
    return true
  }

  private take(): [string, V | undefined][] {
    const batch: [string, V | undefined][] = []
    for (const change of this.changed) {
      const [key, value] = change
      batch.push(change)
      this.changed.delete(key)
      // At once: what goes or comes while the batch is on its way is another change.
      this.noteSaved(key, value && (this.saved.get(key) ?? 0))
      if (batch.length === BATCH) break
    }
    return batch
  }

  private putBack(batch: readonly (readonly [string, V | undefined])[]): void {
    for (const [key, value] of batch) {
      if (!this.changed.has(key)) this.changed.set(key, value)
      // Nobody knows what the store has of it.
      if (!this.saved.has(key)) this.noteSaved(key, 0)
    }
  }

  private async encode(batch: readonly (readonly [string, V | undefined])[]): Promise<Change[]> {
    const changes: Change[] = []
    for (const [key, value] of batch) {
      const octets = value && this.parts.encoding.encode(key, value)
      if (octets !== undefined) this.noteSaved(key, octets.length)
      changes.push({ key, octets })
      if (changes.length % SLICE === 0) await nextTurn()
    }
    return changes
  }
}
