import type { Question } from '@signpost/dns'
import type { ContinuityStore, Table } from '../continuity-store.ts'
import type { Doubt, Moment } from './judgement.ts'
import type { Knowledge } from './knowledge.ts'
import { type Known, type KnownAnswers, keyOf } from './known-answers.ts'
import { decodeDoubt, decodeKnowledge, encodeDoubt, encodeKnowledge } from './known-codec.ts'

/** Milliseconds after which a question is written again although it says the same. */
const REWRITE = 300_000

/** What the guard knows, on disk; nothing at all where there is no store. */
export class KnownStore {
  private readonly now: () => Moment
  private good: Table | undefined
  private doubts: Table | undefined

  constructor(now: () => Moment) {
    this.now = now
  }

  /** Writes to a store from now on, and to none before it. */
  attach(store: ContinuityStore | undefined): void {
    this.good = store?.table('good')
    this.doubts = store?.table('doubts')
  }

  /** Whether it was long ago that a question was written. */
  isDue({ writtenAt }: Known): boolean {
    return this.now().steady - writtenAt > REWRITE
  }

  write(known: Known): void {
    known.writtenAt = this.now().steady
    this.good?.set(known.key, () => encodeKnowledge(known.question, known.knowledge, this.now().steady))
  }

  /** Writes what the disk does not have as it is. What waits for its proof is older by now. */
  writeAll(all: KnownAnswers): void {
    for (const known of all) {
      const { good, knowledge, writtenAt } = known
      if (good === undefined || knowledge.records.some(({ lastSeen }) => lastSeen > writtenAt))
        this.write(known)
    }
  }

  writeDoubt({ key }: Known, doubt: Doubt): void {
    this.doubts?.set(key, () => encodeDoubt(doubt, this.now()))
  }

  deleteDoubt({ key }: Known): void {
    this.doubts?.delete(key)
  }

  delete(known: Known): void {
    this.good?.delete(known.key)
    this.deleteDoubt(known)
  }

  /** Writes what the disk does not have at all. */
  writeEverything(all: KnownAnswers): void {
    for (const known of all) {
      this.write(known)
      if (known.doubt !== undefined) this.writeDoubt(known, known.doubt)
    }
  }

  /**
   * Adds what an earlier process wrote, the newest last, with its doubts. What is of no use, or known already, goes from
   * the disk.
   */
  restore(all: KnownAnswers, covers: (question: Question) => boolean): void {
    const now = this.now()
    const rows = [...(this.good?.takeRows() ?? [])].flatMap(([key, octets]) => {
      const decoded = decodeKnowledge(octets, now.steady)
      const isNew = decoded !== undefined && all.get(key) === undefined
      if (isNew && keyOf(decoded.question) === key && covers(decoded.question))
        return [{ key, knowledge: decoded.knowledge }]
      this.good?.delete(key)
      return []
    })
    for (const { key, knowledge } of rows.toSorted((some, other) => seenAt(some) - seenAt(other)))
      all.add(key, knowledge).writtenAt = now.steady
    for (const [key, octets] of this.doubts?.takeRows() ?? []) {
      const known = all.get(key)
      const doubt = decodeDoubt(octets, now)
      if (known?.good !== undefined && doubt !== undefined) known.doubt ??= doubt
      else this.doubts?.delete(key)
    }
  }
}

function seenAt({ knowledge }: { readonly knowledge: Knowledge }): number {
  return Math.max(...knowledge.records.map(({ lastSeen }) => lastSeen))
}
