import type { Name, ResourceRecord } from '@signpost/dns'
import { MIRRORED_RECORDS } from './limits.ts'
import { type LeftOutReason, PIN_LABEL, reasonToLeaveOut, topLabel } from './place.ts'

/** Of what is left out for one reason, so many are named. */
const EXAMPLES = 3

/** Records that were left out for one reason. */
export interface LeftOut {
  readonly reason: LeftOutReason
  readonly count: number
  /** Some of them. */
  readonly examples: readonly ResourceRecord[]
}

/** Counts what is left out, in little room. */
export class LeftOutCounts {
  private readonly counts = new Map<LeftOutReason, { count: number; examples: ResourceRecord[] }>()

  constructor(from: readonly LeftOut[] = []) {
    for (const { reason, count, examples } of from)
      this.counts.set(reason, { count, examples: [...examples] })
  }

  add(reason: LeftOutReason, record: ResourceRecord): void {
    const entry = this.counts.get(reason) ?? { count: 0, examples: [] }
    entry.count++
    if (entry.examples.length < EXAMPLES) entry.examples.push(record)
    this.counts.set(reason, entry)
  }

  get all(): LeftOut[] {
    return [...this.counts].map(([reason, entry]) => ({ reason, ...entry }))
  }
}

/** The records of a domain that have a place in a signed zone, as they come in. */
export class Gathering {
  /** In ordinary names. */
  readonly records: ResourceRecord[] = []
  /** Those at `_signpost` below the domain, which are looked at, but never mirrored. */
  readonly pins: ResourceRecord[] = []
  private readonly counts = new LeftOutCounts()
  private readonly domain: Name
  private readonly most: number

  constructor(domain: Name, most: number = MIRRORED_RECORDS.default) {
    this.domain = domain
    this.most = most
  }

  /** False where there are too many. */
  take(record: ResourceRecord): boolean {
    const reason = reasonToLeaveOut(record, this.domain)
    if (reason !== undefined) this.counts.add(reason, record)
    if (topLabel(record.name, this.domain) === PIN_LABEL && this.pins.length < this.most)
      this.pins.push(record)
    if (reason !== undefined) return true
    if (this.records.length >= this.most) return false
    this.records.push(record)
    return true
  }

  get leftOut(): LeftOut[] {
    return this.counts.all
  }
}
