import { createHash } from 'node:crypto'
import { type SignedRecord, type ZoneId, decodeRecord, zoneIdFromText } from '@signpost/core'
import { type DataDirectory, type KeyRange, type Write, put, remove } from './data-directory.ts'
import { groupEvidence, newEvidence } from './evidence.ts'
import { KeyedLock } from '../keyed-lock.ts'
import { confirmationOf, judgeReplacement } from './replacement.ts'
import { FLOORS_PER_RECORD, horizonOf, horizonToForget, isForgettable } from './retention.ts'
import {
  type Equivocation,
  type Following,
  HISTORY_LIMIT,
  type Publication,
  RECORD_LIMIT,
  type Store,
  type StoreLimits,
  type StorePut,
  type StorePutOptions,
  type StoredRecord,
} from './store.ts'
import { ZoneIndex } from './zone-index.ts'

/** Records kept decoded in memory, those used last; the most that a gateway has on its hands at once. */
const DECODED_LIMIT = 1_024

/** The time of confirmation of a record that was never confirmed, as it is on disk. */
const NEVER = 0
const NO_DRAFT = new Uint8Array()

/** Opens the store of a data directory. The directory stays the caller's to close. */
export async function openLevelStore(directory: DataDirectory, limits: StoreLimits = {}): Promise<Store> {
  const store = new LevelStore(directory, limits)
  await store.load()
  return store
}

class LevelStore implements Store {
  private readonly directory: DataDirectory
  private readonly tables: ReturnType<typeof tablesOf>
  private readonly recordLimit: number
  private readonly historyLimit: number
  private readonly lock = new KeyedLock<ZoneId>()
  private readonly index = new ZoneIndex()
  private readonly decoded = new Map<ZoneId, StoredRecord>()

  constructor(directory: DataDirectory, limits: StoreLimits) {
    this.directory = directory
    this.tables = tablesOf(directory)
    this.recordLimit = limits.records ?? RECORD_LIMIT.default
    this.historyLimit = limits.history ?? HISTORY_LIMIT.default
  }

  async load(): Promise<void> {
    const { confirmed, own, followed, evidence } = this.tables
    for (const [key, at] of (await confirmed.iterator({}).all()).sort(([, a = 0], [, b = 0]) => a - b)) {
      const zoneId = zoneIdFromText(key)
      if (zoneId !== undefined) this.index.confirm(zoneId, at === NEVER ? undefined : at)
    }
    for (const key of await own.keys({}).all()) {
      const zoneId = zoneIdFromText(key)
      if (zoneId !== undefined) this.index.own.add(zoneId)
    }
    for (const [key, since] of await followed.iterator({}).all()) {
      const zoneId = zoneIdFromText(key)
      if (zoneId !== undefined) this.index.followed.set(zoneId, since ?? 0)
    }
    for await (const key of evidence.keys({})) {
      const zoneId = zoneIdFromText(key.slice(0, key.indexOf('/')))
      if (zoneId !== undefined) this.index.conflicted.add(zoneId)
    }
    // The limit may be a lower one than before.
    await this.evict()
  }

  async get(zoneId: ZoneId): Promise<StoredRecord | undefined> {
    const decoded = this.decoded.get(zoneId)
    if (decoded !== undefined) {
      this.remember(zoneId, decoded)
      return decoded
    }
    // In turn with the puts of the zone, so that a record and the time of its confirmation are of one put.
    return this.lock.run(zoneId, () => this.read(zoneId))
  }

  async floor(zoneId: ZoneId): Promise<number | undefined> {
    return this.tables.floors.get(zoneId)
  }

  async put(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const outcome = await this.lock.run(record.zoneId, () => this.replace(record, options))
    await this.evict()
    await this.evictEvidence()
    return outcome
  }

  async discard(record: SignedRecord): Promise<void> {
    const { zoneId } = record
    await this.lock.run(zoneId, async () => {
      const current = this.decoded.get(zoneId) ?? (await this.read(zoneId))
      // Octet by octet, signature included: only the very copy that is known to be damaged may go.
      if (current === undefined || Buffer.compare(current.record.bytes, record.bytes) !== 0) return
      await this.forget(zoneId, { sync: true })
    })
  }

  async ownZones(): Promise<ZoneId[]> {
    return [...this.index.own].sort()
  }

  async history(zoneId: ZoneId): Promise<SignedRecord[]> {
    return intact(zoneId, await this.tables.history.values(keysOf(zoneId)).all())
  }

  async publications(zoneId: ZoneId): Promise<Publication[]> {
    const publications = await this.tables.publications.iterator(keysOf(zoneId)).all()
    const stood = new Set(await this.tables.stood.keys(keysOf(zoneId)).all())
    return publications.map(([key, draft]) => ({
      sequence: Number.parseInt(key.slice(zoneId.length + 1), 16),
      draft: draft.length === 0 ? undefined : Uint8Array.from(draft),
      stood: stood.has(key),
    }))
  }

  async evidence(zoneId: ZoneId): Promise<Equivocation[]> {
    return groupEvidence(zoneId, await this.conflicts(zoneId))
  }

  async follow(zoneId: ZoneId, now: number): Promise<boolean> {
    return this.lock.run(zoneId, async () => {
      const { followed } = this.index
      if (followed.has(zoneId)) return false
      await this.directory.write([put(this.tables.followed, zoneId, now)], { sync: true })
      followed.set(zoneId, now)
      return true
    })
  }

  async unfollow(zoneId: ZoneId): Promise<boolean> {
    return this.lock.run(zoneId, async () => {
      const { followed } = this.index
      if (!followed.has(zoneId)) return false
      await this.directory.write([remove(this.tables.followed, zoneId)], { sync: true })
      return followed.delete(zoneId)
    })
  }

  async followed(): Promise<Following[]> {
    return this.index.followings()
  }

  keepsAlive(zoneId: ZoneId): boolean {
    return this.index.keepsAlive(zoneId)
  }

  async sweep(now: number, signal?: AbortSignal): Promise<number> {
    const cut = await this.horizonToForget(signal)
    let forgotten = 0
    for await (const [key, horizon] of this.tables.horizons.iterator({})) {
      if (signal?.aborted === true) break
      const zoneId = zoneIdFromText(key)
      if (zoneId === undefined || horizon === undefined || (!isForgettable(horizon, now) && horizon > cut))
        continue
      if (await this.forgetZone(zoneId, now, cut)) forgotten++
    }
    return forgotten
  }

  private async replace(record: SignedRecord, options: StorePutOptions): Promise<StorePut> {
    const { zoneId } = record
    const current = this.decoded.get(zoneId) ?? (await this.read(zoneId))
    const floor = await this.floor(zoneId)
    const { kind, equivocation } = judgeReplacement(record, current?.record, floor, options.own)
    const rival = equivocation ? current?.record : undefined
    const writes: Write[] = []
    if (rival !== undefined)
      for (const one of newEvidence(await this.conflicts(zoneId), [rival, record]))
        writes.push(put(this.tables.evidence, `${sequenceKey(one)}/${digest(one)}`, one.bytes))
    if (rival !== undefined) this.index.conflicted.add(zoneId)
    if (kind === 'refuse') {
      if (writes.length > 0) await this.directory.write(writes, { sync: true })
      return { kind: 'older', floor: floor ?? 0, current, equivocation: rival }
    }

    const confirmed = kind === 'confirm' ? current : undefined
    const stored: StoredRecord = {
      record: confirmed?.record ?? record,
      confirmedAt: confirmationOf(kind, current, options),
    }
    const becomesOwn = options.own === true && !this.index.own.has(zoneId)
    const own = becomesOwn || this.index.own.has(zoneId)
    writes.push(put(this.tables.confirmed, zoneId, stored.confirmedAt ?? NEVER))
    if (becomesOwn) writes.push(put(this.tables.own, zoneId, 1))
    if (confirmed === undefined) {
      writes.push(put(this.tables.records, zoneId, record.bytes))
      writes.push(put(this.tables.floors, zoneId, record.sequence))
      const horizon = await this.tables.horizons.get(zoneId)
      writes.push(
        put(
          this.tables.horizons,
          zoneId,
          horizonOf(horizon, record, options.confirmedAt ?? options.receivedAt),
        ),
      )
    }
    const { history, publications, stood } = this.tables
    if (own && (becomesOwn || confirmed === undefined)) {
      writes.push(put(history, sequenceKey(stored.record), stored.record.bytes))
      for (const key of await this.excessHistory(stored.record))
        writes.push(...[history, publications, stood].map(table => remove(table, key)))
    }
    const key = sequenceKey(stored.record)
    if (options.own === true) {
      const draft = options.draft ?? (confirmed && (await publications.get(key)))
      writes.push(put(publications, key, draft ?? NO_DRAFT))
    } else if (own && confirmed !== undefined) {
      writes.push(put(stood, key, 1))
    } else if (own) {
      // It takes the place of one with its sequence that was published here.
      writes.push(remove(publications, key), remove(stood, key))
    }
    // A lost confirmation costs one lookup, so it alone is not worth a wait for the disk.
    await this.directory.write(writes, { sync: confirmed === undefined || options.own === true })

    if (own) this.index.own.add(zoneId)
    this.index.confirm(zoneId, stored.confirmedAt)
    this.remember(zoneId, stored)
    return confirmed === undefined ? { kind: 'stored', equivocation: rival } : { kind: 'confirmed' }
  }

  private async read(zoneId: ZoneId): Promise<StoredRecord | undefined> {
    const bytes = await this.tables.records.get(zoneId)
    if (bytes === undefined || !this.index.confirmed.has(zoneId)) return undefined
    const [record] = intact(zoneId, [bytes])
    // Where the disk damaged it the floor stands all the same, and a peer gives it again.
    if (record === undefined) return undefined
    const stored = { record, confirmedAt: this.index.confirmed.get(zoneId) }
    this.remember(zoneId, stored)
    return stored
  }

  private async conflicts(zoneId: ZoneId): Promise<SignedRecord[]> {
    return intact(zoneId, await this.tables.evidence.values(keysOf(zoneId)).all())
  }

  /** Keys of the oldest history that must go when a record joins it. */
  private async excessHistory(joining: SignedRecord): Promise<string[]> {
    const keys = await this.tables.history.keys(keysOf(joining.zoneId)).all()
    const count = keys.includes(sequenceKey(joining)) ? keys.length : keys.length + 1
    const excess = keys.slice(0, Math.max(0, count - this.historyLimit))
    if (excess.length === 0) return excess
    // What was published here last is what the next publication is compared with, however long ago that was.
    const published = await this.tables.publications.keys(keysOf(joining.zoneId)).all()
    return excess.filter(key => key !== published.at(-1))
  }

  /** Outside the lock of the zone that was put, for it takes the lock of each zone that goes. */
  private async evict(): Promise<void> {
    for (;;) {
      const evicted = this.index.recordToEvict(this.recordLimit)
      if (evicted === undefined) return
      const confirmedAt = this.index.confirmed.get(evicted)
      await this.lock.run(evicted, async () => {
        // Another put let it go, or somebody confirmed it or wants it kept, while the lock was theirs.
        if (this.index.confirmed.get(evicted) !== confirmedAt || this.keepsAlive(evicted)) return
        await this.forget(evicted, { sync: false })
      })
    }
  }

  private async evictEvidence(): Promise<void> {
    const evicted = this.index.evidenceToEvict()
    if (evicted === undefined) return
    await this.lock.run(evicted, async () => {
      if (this.keepsAlive(evicted) || !this.index.conflicted.delete(evicted)) return
      await this.directory.write(await this.withoutEvidence(evicted), { sync: false })
    })
  }

  private async withoutEvidence(zoneId: ZoneId): Promise<Write[]> {
    const { evidence } = this.tables
    return (await evidence.keys(keysOf(zoneId)).all()).map(key => remove(evidence, key))
  }

  /** Lets a record go, and leaves the zone's floor. */
  private async forget(zoneId: ZoneId, options: { readonly sync: boolean }): Promise<void> {
    const { records, confirmed } = this.tables
    await this.directory.write([remove(records, zoneId), remove(confirmed, zoneId)], options)
    this.index.confirmed.delete(zoneId)
    this.decoded.delete(zoneId)
  }

  private async horizonToForget(signal: AbortSignal | undefined): Promise<number> {
    const horizons: number[] = []
    let count = 0
    for await (const [key, horizon] of this.tables.horizons.iterator({})) {
      if (signal?.aborted === true) return 0
      count++
      const zoneId = zoneIdFromText(key)
      if (zoneId !== undefined && horizon !== undefined && this.isUnneeded(zoneId)) horizons.push(horizon)
    }
    return horizonToForget(horizons, count - this.recordLimit * FLOORS_PER_RECORD)
  }

  /** Nobody here needs the zone, and its record is gone. */
  private isUnneeded(zoneId: ZoneId): boolean {
    return !this.keepsAlive(zoneId) && !this.index.confirmed.has(zoneId)
  }

  /** Lets all of a zone go. @param cut the horizon up to which it goes where its record is gone already. */
  private async forgetZone(zoneId: ZoneId, now: number, cut: number): Promise<boolean> {
    return this.lock.run(zoneId, async () => {
      const { floors, horizons } = this.tables
      // It may have been put, or followed, since it was read.
      const horizon = await horizons.get(zoneId)
      if (horizon === undefined || this.keepsAlive(zoneId)) return false
      if (!isForgettable(horizon, now) && (horizon > cut || !this.isUnneeded(zoneId))) return false
      const writes = [
        remove(floors, zoneId),
        remove(horizons, zoneId),
        ...(await this.withoutEvidence(zoneId)),
      ]
      await this.directory.write(writes, { sync: false })
      await this.forget(zoneId, { sync: false })
      this.index.conflicted.delete(zoneId)
      return true
    })
  }

  private remember(zoneId: ZoneId, stored: StoredRecord): void {
    this.decoded.delete(zoneId)
    this.decoded.set(zoneId, stored)
    if (this.decoded.size <= DECODED_LIMIT) return
    const leastUsed = this.decoded.keys().next().value
    if (leastUsed !== undefined) this.decoded.delete(leastUsed)
  }
}

/** Those of the records that the disk has not damaged. */
function intact(zoneId: ZoneId, values: readonly Uint8Array[]): SignedRecord[] {
  return values.flatMap(bytes => {
    try {
      return [decodeRecord(zoneId, bytes)]
    } catch {
      return []
    }
  })
}

function tablesOf(directory: DataDirectory) {
  return {
    records: directory.octets('records'),
    confirmed: directory.numbers('received'),
    floors: directory.numbers('floors'),
    horizons: directory.numbers('horizons'),
    own: directory.numbers('own'),
    followed: directory.numbers('followed'),
    history: directory.octets('history'),
    publications: directory.octets('publications'),
    stood: directory.numbers('stood'),
    evidence: directory.octets('evidence'),
  }
}

// Fourteen hexadecimal digits hold every sequence below 2^53, and sort as numbers do.
function sequenceKey(record: SignedRecord): string {
  return `${record.zoneId}/${record.sequence.toString(16).padStart(14, '0')}`
}

/** All keys that begin with a zone ID and a slash: `0` is the character after `/`. */
function keysOf(zoneId: ZoneId): KeyRange {
  return { gt: `${zoneId}/`, lt: `${zoneId}0` }
}

function digest(record: SignedRecord): string {
  return createHash('sha256').update(record.data).digest('hex')
}
