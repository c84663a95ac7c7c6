import { type SignedRecord, compareRecords } from '@signpost/core'
import { type Judgement, chooseRecord } from './candidates.ts'

/** What peers said in one lookup, and what follows from it. No I/O: the same answers give the same tally. */
export class Tally {
  private readonly answers = new Map<string, Judgement | { readonly kind: 'nothing' }>()
  private bestRecord: SignedRecord | undefined
  private giver: string | undefined
  private lowest: number | undefined

  /** @param held the verified record on disk. @param floor the highest sequence ever seen of the zone. */
  constructor(held: SignedRecord | undefined, floor: number | undefined) {
    this.bestRecord = held
    this.lowest = floor
  }

  /** Takes a peer's answer; a later answer of the same peer replaces its earlier one. */
  add(peer: string, answer: Judgement | { readonly kind: 'nothing' }): void {
    this.answers.set(peer, answer)
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
    return this.peersWith(record => this.isBest(record)).length
  }

  /** Peers that hold a record which loses to the best. */
  get outdated(): string[] {
    return this.peersWith(record => !this.isBest(record))
  }

  /** Why no answer could be used, where there were any. */
  get refused(): Extract<Judgement, { kind: 'older' | 'invalid' }> | undefined {
    let invalid: Extract<Judgement, { kind: 'invalid' }> | undefined
    for (const answer of this.answers.values()) {
      if (answer.kind === 'older') return answer
      if (answer.kind === 'invalid') invalid = answer
    }
    return invalid
  }

  private isBest(record: SignedRecord): boolean {
    if (record === this.bestRecord) return true
    return this.bestRecord !== undefined && compareRecords(record, this.bestRecord) === 0
  }

  private peersWith(holds: (record: SignedRecord) => boolean): string[] {
    const peers: string[] = []
    for (const [peer, answer] of this.answers)
      if ('record' in answer && holds(answer.record)) peers.push(peer)
    return peers
  }
}
