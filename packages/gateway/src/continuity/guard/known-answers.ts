import type { Name, Question, ResourceRecord } from '@signpost/dns'
import { questionOfKey } from '../../cache/key.ts'
import type { Doubt } from './judgement.ts'
import { type Knowledge, NOTHING_KNOWN, newestProved } from './knowledge.ts'

/** A guarded question with everything about it. */
export interface Known {
  readonly key: string
  /** With its name in lower case. */
  readonly question: Question
  knowledge: Knowledge
  /** The newest answer that is proved, as it is given out; undefined where none is yet. */
  good: readonly ResourceRecord[] | undefined
  doubt: Doubt | undefined
  /** Milliseconds until the upstreams are asked again while there is a doubt. */
  pace: number
  /** When they are asked next at the soonest, by the steady clock. */
  nextAt: number
  /** A client wanted it since they were asked last. */
  isWanted: boolean
  /** When it was written to disk last, by the steady clock. */
  writtenAt: number
}

/** The part of all questions that may wait for their first proof: made-up names get no further. */
const WAITING_PART = 1 / 4

export function keyOf({ type, name }: Question): string {
  return `${type} ${name.key}`
}

/**
 * The guarded questions that are remembered: those with a good answer, and those that have none yet. Where there are too
 * many, those that were used longest ago go.
 */
export class KnownAnswers {
  private readonly most: number
  private readonly onEvicted: (known: Known) => void
  private readonly good = new Map<string, Known>()
  private readonly waiting = new Map<string, Known>()
  private readonly byName = new Map<string, Set<Known>>()

  constructor(most: number, onEvicted: (known: Known) => void) {
    this.most = most
    this.onEvicted = onEvicted
  }

  /** How many have a good answer. */
  get goodCount(): number {
    return this.good.size
  }

  get(key: string): Known | undefined {
    return this.good.get(key) ?? this.waiting.get(key)
  }

  /** As {@link get} does; what is used stays. */
  use(key: string): Known | undefined {
    const known = this.get(key)
    if (known !== undefined) this.place(known)
    return known
  }

  add(key: string, knowledge: Knowledge = NOTHING_KNOWN): Known {
    const known: Known = {
      key,
      question: questionOfKey(`0 ${key}`),
      knowledge,
      good: undefined,
      doubt: undefined,
      pace: 0,
      nextAt: -Infinity,
      isWanted: false,
      writtenAt: -Infinity,
    }
    this.learned(known)
    return known
  }

  /** To be called where what is known has changed. */
  learned(known: Known): void {
    known.good = newestProved(known.knowledge, known.question)
    this.place(known)
    this.evict(this.waiting, this.most * WAITING_PART)
    this.evict(this.good, this.most)
  }

  delete(known: Known): void {
    this.good.delete(known.key)
    this.waiting.delete(known.key)
    const same = this.byName.get(known.question.name.key)
    same?.delete(known)
    if (same?.size === 0) this.byName.delete(known.question.name.key)
  }

  /** The questions about a name that have a good answer. */
  goodOf(name: Name): Known[] {
    return [...(this.byName.get(name.key) ?? [])].filter(({ good }) => good !== undefined)
  }

  [Symbol.iterator](): IterableIterator<Known> {
    return [...this.good.values(), ...this.waiting.values()].values()
  }

  private place(known: Known): void {
    this.delete(known)
    const map = known.good === undefined ? this.waiting : this.good
    map.set(known.key, known)
    const name = known.question.name.key
    const same = this.byName.get(name)
    if (same === undefined) this.byName.set(name, new Set([known]))
    else same.add(known)
  }

  private evict(map: ReadonlyMap<string, Known>, most: number): void {
    if (map.size <= most) return
    const [oldest] = map.values()
    if (oldest === undefined) return
    this.delete(oldest)
    this.onEvicted(oldest)
  }
}
