import { type SignedRecord, compareRecords } from '@signpost/core'
import { type Judgement, chooseRecord } from './candidates.ts'

/** Who answered: a peer, in one of the networks that a lookup asks. */
export interface Source {
  readonly peer: string
  /** Its place among them. */
  readonly network: number
}

type Answer = Judgement | { readonly kind: 'nothing' }

/** What peers said in one lookup, and what follows from it. No I/O: the same answers give the same tally. */
export class Tally {
  private readonly answers = new Map<string, { readonly source: Source; readonly answer: Answer }>()
  private bestRecord: SignedRecord | undefined
  private giver: string | undefined
  private lowest: number | undefined

  /** @param held the verified record on disk. @param floor the highest sequence ever seen of the zone. */
  constructor(held: SignedRecord | undefined, floor: number | undefined) {
    this.bestRecord = held
    this.lowest = floor
  }

  /** Takes a peer's answer; a later answer of the same peer replaces its earlier one. */
  add(source: Source, answer: Answer): void {
    const { peer, network } = source
    this.answers.set(`${network} ${peer}`, { source, answer })
    if (answer.kind !== 'usable' && answer.kind !== 'expired') return
    const before = this.bestRecord
    this.hold(answer.record)
    // The first peer that gave the best record is its giver, also where the disk had it already.
    if (this.bestRecord !== before || (this.giver === undefined && this.isBest(answer.record)))
      this.giver = this.isBest(answer.record) ? peer : undefined
  }

  /** Takes a record that came to this node by another way. */
  hold(record: SignedRecord): void {
    const held = this.bestRecord === undefined ? [record] : [this.bestRecord, record]
    const best = chooseRecord(held, this.lowest)
    if (best === this.bestRecord || best === undefined) return
    this.bestRecord = best
    this.giver = undefined
    this.lowest = Math.max(this.lowest ?? 0, best.sequence)
  }

  get best(): SignedRecord | undefined {
    return this.bestRecord
  }

  get floor(): number | undefined {
    return this.lowest
  }

  /** The peer that gave the best record first, undefined where it is from the disk alone. */
  get peer(): string | undefined {
    return this.giver
  }

  /** Peers that answered. */
  get asked(): number {
    return this.answers.size
  }

  /** Peers that gave the best record. */
  get agreed(): number {
    return this.sourcesWith(record => this.isBest(record)).length
  }

  /** Those of them that are in one network. */
  agreedIn(network: number): number {
    return this.sourcesWith(record => this.isBest(record)).filter(source => source.network === network).length
  }

  /** Peers that hold a record which loses to the best. */
  get outdated(): Source[] {
    return this.sourcesWith(record => !this.isBest(record))
  }

  /** Why no answer could be used, where there were any. */
  get refused(): Extract<Judgement, { kind: 'older' | 'invalid' }> | undefined {
    let invalid: Extract<Judgement, { kind: 'invalid' }> | undefined
    for (const { answer } of this.answers.values()) {
      if (answer.kind === 'older') return answer
      if (answer.kind === 'invalid') invalid = answer
    }
    return invalid
  }

  private isBest(record: SignedRecord): boolean {
    if (record === this.bestRecord) return true
    return this.bestRecord !== undefined && compareRecords(record, this.bestRecord) === 0
  }

  private sourcesWith(holds: (record: SignedRecord) => boolean): Source[] {
    const sources: Source[] = []
    for (const { source, answer } of this.answers.values())
      if ('record' in answer && holds(answer.record)) sources.push(source)
    return sources
  }
}
