import { type SignedRecord, compareRecords } from '@signpost/core'
import { type Judgement, chooseRecord } from './candidates.ts'

/** Who answered: a peer, in one of the networks that a lookup asks. */
export interface Source {
  readonly peer: string
  /** Its place among them. */
  readonly network: number
}

/** A record, and since when it is known to be the owner's last. */
export interface Known {
  readonly record: SignedRecord
  /**
   * When the owner or a lookup last confirmed it, in milliseconds since the epoch; undefined for one that strangers
   * brought, of which nobody asked whether there is a newer one.
   */
  readonly confirmedAt: number | undefined
}

type Answer = Judgement | { readonly kind: 'nothing' }

/** What peers said in one lookup, and what follows from it. No I/O: the same answers give the same tally. */
export class Tally {
  private readonly answers = new Map<string, { readonly source: Source; readonly answer: Answer }>()
  private known: Known | undefined
  private giver: string | undefined
  private lowest: number

  /** @param held the verified record on disk. @param floor the highest sequence ever seen of the zone, 0 for none. */
  constructor(held: Known | undefined, floor: number) {
    this.lowest = floor
    if (held !== undefined) this.hold(held)
  }

  /** Takes a peer's answer, at a time; a later answer of the same peer replaces its earlier one. */
  add(source: Source, answer: Answer, now: number): void {
    const { peer, network } = source
    this.answers.set(`${network} ${peer}`, { source, answer })
    if (answer.kind !== 'usable' && answer.kind !== 'expired') return
    this.hold({ record: answer.record, confirmedAt: now })
    if (this.isBest(answer.record)) this.giver ??= peer
  }

  /** Takes a record that came to this node by another way. */
  hold(other: Known): void {
    const before = this.known
    if (before !== undefined && compareRecords(before.record, other.record) === 0) {
      this.known = { record: before.record, confirmedAt: later(before.confirmedAt, other.confirmedAt) }
      return
    }
    const candidates = before === undefined ? [other.record] : [before.record, other.record]
    if (chooseRecord(candidates, this.lowest) !== other.record) return
    this.known = other
    this.giver = undefined
    this.lowest = other.record.sequence
  }

  /** Takes a floor that this node learnt by another way: what is below it is no answer any more. */
  raise(floor: number): void {
    if (floor <= this.lowest) return
    this.lowest = floor
    if (this.known === undefined || this.known.record.sequence >= floor) return
    this.known = undefined
    this.giver = undefined
  }

  get best(): SignedRecord | undefined {
    return this.known?.record
  }

  /** See {@link Known.confirmedAt}, of the best record. */
  get confirmedAt(): number | undefined {
    return this.known?.confirmedAt
  }

  get floor(): number {
    return this.lowest
  }

  /** The peer of this lookup that gave the best record first; undefined where none did. */
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
      if (answer.kind === 'invalid') invalid = answer
      // A floor that rose since makes older what was usable.
      else if ('record' in answer && answer.record.sequence < this.lowest)
        return { kind: 'older', record: answer.record }
    }
    return invalid
  }

  private isBest(record: SignedRecord): boolean {
    const best = this.known?.record
    return record === best || (best !== undefined && compareRecords(record, best) === 0)
  }

  private sourcesWith(holds: (record: SignedRecord) => boolean): Source[] {
    const sources: Source[] = []
    for (const { source, answer } of this.answers.values())
      if ('record' in answer && holds(answer.record)) sources.push(source)
    return sources
  }
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.max(a, b)
}
