import { type SignedRecord, type ZoneId, compareRecords, zoneOf } from '@signpost/core'
import type { ResolveOutcome } from '../resolve/resolver.ts'
import type { Store } from '../store/store.ts'

/** What a reader has seen of a zone, and that it never sees less. */
export class Witness {
  private readonly name: string
  private readonly zoneId: ZoneId
  private readonly disk: Store
  private onDisk: SignedRecord | undefined
  private told: SignedRecord | undefined

  constructor(name: string, zoneId: ZoneId, disk: Store) {
    this.name = name
    this.zoneId = zoneId
    this.disk = disk
  }

  /** What the reader would answer from its disk at this moment. */
  async look(): Promise<SignedRecord | undefined> {
    const now = (await this.disk.get(this.zoneId))?.record
    this.check('disk', this.onDisk, now)
    this.onDisk = now
    return now
  }

  /** What it is answered. One that knows nothing yet may be told nothing. */
  hear(outcome: ResolveOutcome): void {
    const record = 'record' in outcome ? outcome.record : undefined
    if (outcome.kind === 'expired') throw new Error(`${this.name} was given an expired record`)
    this.check(`answer (${outcome.kind})`, this.told, record)
    this.told = record
  }

  /** The highest that it has seen by any way. */
  get seen(): SignedRecord | undefined {
    if (this.told === undefined || this.onDisk === undefined) return this.told ?? this.onDisk
    return compareRecords(this.told, this.onDisk) > 0 ? this.told : this.onDisk
  }

  private check(where: string, before: SignedRecord | undefined, now: SignedRecord | undefined): void {
    if (now === undefined) {
      if (before === undefined) return
      throw new Error(`${this.name}: the ${where} is empty after sequence ${before.sequence}`)
    }
    if (before !== undefined && compareRecords(now, before) < 0)
      throw new Error(`${this.name}: the ${where} went from sequence ${before.sequence} to ${now.sequence}`)
    if (now !== before && (zoneOf(now)?.sets.length ?? 0) === 0)
      throw new Error(`${this.name}: the ${where} has a zone without records`)
  }
}
