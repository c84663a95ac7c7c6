import type { SignedRecord, ZoneId } from '@signpost/core'
import { HeldRecords } from '../store/held-records.ts'
import type { LookupContext } from './network-lookup.ts'
import { Tally } from './tally.ts'
import type { ZoneMemory } from './zone-memory.ts'

/** Where this node's own knowledge is. */
export interface LocalContext extends Pick<LookupContext, 'store' | 'verifier' | 'clock' | 'logger'> {
  /** What this node's own DHT keeps for others: never a peer's answer, yet nothing older may be answered. */
  readonly memory?: ZoneMemory | undefined
}

/** Records that are kept in memory because the disk did not take them; the oldest go first. */
const UNWRITTEN_LIMIT = 1_000

/** What this node knows of zones by itself: from its store, from what its DHT keeps, and what it could not write. */
export class LocalKnowledge {
  private readonly context: LocalContext
  private readonly held: HeldRecords
  private readonly unwritten = new Map<ZoneId, SignedRecord>()

  constructor(context: LocalContext) {
    this.context = context
    this.held = new HeldRecords(context.store, context.verifier, context.logger)
  }

  /** The best record, and the floor below which nothing must be answered, as the start of a tally. */
  async of(zoneId: ZoneId): Promise<Tally> {
    const { store, memory, clock } = this.context
    const before = await this.held.get(zoneId, clock.now())
    const remembered = await memory?.remembered(zoneId, before?.record)
    const floor = Math.max((await store.floor(zoneId)) ?? 0, remembered?.floor ?? 0)
    const tally = new Tally(undefined, floor)
    // Once more and last: a put in between must not leave a floor without the record that made it.
    const stored = await this.held.get(zoneId, clock.now())
    if (stored !== undefined) tally.hold({ record: stored.record, confirmedAt: stored.confirmedAt })
    // Strangers put it, and may put it again as often as they like: it proves nothing of the present.
    for (const record of [remembered?.newer, this.unwritten.get(zoneId)])
      if (record !== undefined) tally.hold({ record, confirmedAt: undefined })
    return tally
  }

  /** Keeps what the disk did not take, so that no older record is answered later. */
  keep(record: SignedRecord): void {
    const { zoneId } = record
    if ((this.unwritten.get(zoneId)?.sequence ?? -1) > record.sequence) return
    this.unwritten.delete(zoneId)
    this.unwritten.set(zoneId, record)
    const oldest = this.unwritten.keys().next().value
    if (this.unwritten.size > UNWRITTEN_LIMIT && oldest !== undefined) this.unwritten.delete(oldest)
  }
}
