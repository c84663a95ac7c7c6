import { NotFoundError } from '@libp2p/interface'
import { Libp2pRecord } from '@libp2p/record'
import {
  MalformedRecordError,
  type SignedRecord,
  type Verifier,
  type ZoneId,
  compareRecords,
  routingKeyOf,
  verifyRecord,
} from '@signpost/core'
import { BaseDatastore } from 'datastore-core'
import { type Datastore, Key, type Query } from 'interface-datastore'
import { KEPT_OCTETS, KEPT_ZONES, type KeepLimits, SOURCE_SHARE } from './admission.ts'
import { Announcements } from './announcements.ts'
import { StaleSequenceError } from '../errors.ts'
import { KeptFloors } from './kept-floors.ts'
import type { Goer, KeptEntry } from './kept-ledger.ts'
import { type Kept, KeptRecords } from './kept-records.ts'
import { KeyedLock } from '../keyed-lock.ts'
import type { Remembered, ZoneMemory } from '../resolve/zone-memory.ts'
import { judgeReplacement } from '../store/replacement.ts'
import { FLOORS_PER_RECORD, horizonOf } from '../store/retention.ts'
import type { Store } from '../store/store.ts'

type AbortOptions = Parameters<Datastore['get']>[1]

export interface GuardOptions {
  /** The DHT's datastore prefix. What it keeps for others is under `<prefix>/record/`. */
  readonly prefix: string
  readonly verifier: Verifier
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** What this node knows of zones beside what its DHT keeps for others. */
  readonly known?: Pick<Store, 'get' | 'floor' | 'keepsAlive'> | undefined
  /** Called with every authentic record that somebody puts, whether or not it is kept. */
  readonly onRecord?: ((record: SignedRecord) => void) | undefined
  /** Whose request is being answered, undefined for this node's own doing. See `sourceOf`. */
  readonly source?: (() => string | undefined) | undefined
  /** How much is kept for others; the defaults of `KEPT_ZONES`, `KEPT_OCTETS` and `SOURCE_SHARE` where absent. */
  readonly keep?: Partial<KeepLimits> | undefined
}

/** Milliseconds for which a DHT keeps a record that nobody puts again (libp2p's kad-dht specification). */
export const KEPT_FOR: number = 48 * 3_600_000

/** Peers that are told to whoever asks for those that provide some content. */
export const TOLD_PROVIDERS = 100

/**
 * The datastore that a DHT gets. kad-dht writes whatever is valid over whatever it has, and so lets anybody who
 * saved an owner's older record put it back. Every write of a record comes through here and is refused unless
 * it wins over what is kept, over what this node knows otherwise, and over the floor, which outlives the record; and
 * unless there is room for it (`admit`).
 */
export class GuardedDatastore extends BaseDatastore implements ZoneMemory {
  private readonly inner: Datastore
  private readonly options: GuardOptions
  private readonly limits: KeepLimits
  private readonly records: KeptRecords
  private readonly floors: KeptFloors
  private readonly announcements = new Announcements()
  private readonly lock = new KeyedLock<ZoneId>()

  constructor(inner: Datastore, options: GuardOptions) {
    super()
    this.inner = inner
    this.options = options
    this.limits = {
      zones: options.keep?.zones ?? KEPT_ZONES.default,
      octets: options.keep?.octets ?? KEPT_OCTETS.default,
      share: options.keep?.share ?? SOURCE_SHARE,
    }
    const { prefix } = options
    const isNeeded = (zoneId: ZoneId): boolean => this.isNeeded(zoneId)
    this.records = new KeptRecords(inner, { prefix, limits: this.limits, isNeeded })
    this.floors = new KeptFloors(inner, prefix)
  }

  /** The record that the DHT gives to whoever asks for a zone. */
  async held(zoneId: ZoneId): Promise<Uint8Array | undefined> {
    return (await this.freshest(zoneId))?.value
  }

  async remembered(zoneId: ZoneId, stored: SignedRecord | undefined): Promise<Remembered> {
    return this.lock.run(zoneId, async () => {
      const floor = await this.floor(zoneId)
      const kept = await this.records.read(zoneId)
      // Verified only where it matters: most of the time the store has the same.
      if (kept === undefined || better(stored, kept.record) === stored) return { newer: undefined, floor }
      if ((await this.authentic(kept)) === undefined) return { newer: undefined, floor }
      return { newer: kept.record, floor }
    })
  }

  /** Keeps a record that this node itself puts. @throws as {@link GuardedDatastore.put} does, except for room. */
  async hold(zoneId: ZoneId, value: Uint8Array): Promise<void> {
    await this.take(zoneId, this.envelope(zoneId, value), undefined)
  }

  /** Keeps a record that a stranger brings by another way than the DHT. @throws as {@link GuardedDatastore.put} does. */
  async offer(zoneId: ZoneId, value: Uint8Array, source: string): Promise<void> {
    await this.take(zoneId, this.envelope(zoneId, value), source)
  }

  /**
   * @throws StaleSequenceError for a record that loses against one that this node knows, and the verifier's
   * error for one that is not authentic or is over its validity; NoRoomError for the first of a further zone. What else
   * kad-dht takes for records is refused: other kinds of keys' names, and public keys, which Ed25519 names carry.
   */
  override async put(key: Key, value: Uint8Array, options?: AbortOptions): Promise<Key> {
    const zoneId = this.records.zoneIdAt(key)
    const source = this.options.source?.()
    if (zoneId !== undefined) await this.take(zoneId, Libp2pRecord.deserialize(value), source)
    else if (this.records.routingKeyAt(key) !== undefined)
      throw new MalformedRecordError('only records under an Ed25519 key are kept')
    else {
      // All else that kad-dht writes for a peer is that it provides some content.
      const evicted = source === undefined ? [] : this.announcements.take(source, key.toString())
      await this.inner.put(key, value, options)
      for (const goer of evicted) await this.inner.delete(new Key(goer), options)
    }
    return key
  }

  /**
   * Serves the newer of what is kept and what this node knows otherwise. Of a zone that the DHT keeps nothing
   * for it says nothing: what a node resolves for itself is nobody else's business.
   */
  override async get(key: Key, options?: AbortOptions): Promise<Uint8Array> {
    const zoneId = this.records.zoneIdAt(key)
    if (zoneId === undefined) return this.inner.get(key, options)
    const envelope = await this.freshest(zoneId)
    if (envelope === undefined) throw new NotFoundError()
    return envelope.serialize()
  }

  override async has(key: Key, options?: AbortOptions): Promise<boolean> {
    return this.inner.has(key, options)
  }

  /** Leaves the floor of a deleted record behind: what was too old for it stays too old. */
  override async delete(key: Key, options?: AbortOptions): Promise<void> {
    const zoneId = this.records.zoneIdAt(key)
    if (zoneId === undefined) {
      await this.inner.delete(key, options)
      this.announcements.forget(key.toString())
    } else await this.lock.run(zoneId, async () => this.remove(zoneId, await this.records.entry(zoneId)))
  }

  override query(query: Query, options?: AbortOptions): ReturnType<Datastore['query']> {
    // For whoever asks, kad-dht reads all who provide some content, and each one's addresses.
    const isRequest = query.prefix?.startsWith(`${this.options.prefix}/provider/`) === true
    return this.inner.query(isRequest ? { ...query, limit: TOLD_PROVIDERS } : query, options)
  }

  override queryKeys(...args: Parameters<Datastore['queryKeys']>): ReturnType<Datastore['queryKeys']> {
    return this.inner.queryKeys(...args)
  }

  /**
   * Deletes what nobody put again for {@link KEPT_FOR} and what is over its validity; of zones that this node keeps
   * alive only the latter. Forgets floors, of which there are ten at most for each zone that may be kept: see
   * `KeptFloors`. When the signal aborts, the rest is left for the next time. Resolves to how many records went.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    let swept = 0
    for (const zoneId of await this.records.select((zoneId, entry) => this.isOver(zoneId, entry))) {
      if (signal?.aborted === true) return swept
      await this.lock.run(zoneId, async () => {
        // It may have been put again since.
        const entry = await this.records.entry(zoneId)
        if (entry === undefined || !this.isOver(zoneId, entry)) return
        await this.remove(zoneId, entry)
        swept++
      })
    }
    const floors = this.limits.zones * FLOORS_PER_RECORD
    const exclusively = this.lock.run.bind(this.lock)
    await this.floors.sweep(this.options.now(), floors, exclusively, signal)
    return swept
  }

  private isOver(zoneId: ZoneId, { expiresAt, receivedAt }: KeptEntry): boolean {
    const now = this.options.now()
    return expiresAt < now || (receivedAt < now - KEPT_FOR && !this.isNeeded(zoneId))
  }

  private isNeeded(zoneId: ZoneId): boolean {
    return this.options.known?.keepsAlive(zoneId) ?? false
  }

  /** @param entry the record's, which is good where the disk has damaged the record. */
  private async remove(zoneId: ZoneId, entry: KeptEntry | undefined): Promise<void> {
    const last = entry ?? (await this.withoutEntry(zoneId))
    if (last !== undefined) await this.floors.raise(zoneId, last.sequence, last.horizon)
    await this.records.remove(zoneId)
  }

  private async withoutEntry(zoneId: ZoneId): Promise<Pick<KeptEntry, 'sequence' | 'horizon'> | undefined> {
    const record = (await this.authentic(await this.records.read(zoneId)))?.record
    return record && { sequence: record.sequence, horizon: horizonOf(0, record, this.options.now()) }
  }

  private async take(zoneId: ZoneId, envelope: Libp2pRecord, source: string | undefined): Promise<void> {
    const verdict = await this.verify(zoneId, envelope.value)
    if (verdict.kind !== 'valid') throw verdict.error
    this.options.onRecord?.(verdict.record)
    const evicted = await this.lock.run(zoneId, () => this.replace(envelope, verdict.record, source))
    // Now that the lock of this zone is given back: each takes the lock of the zone that goes.
    for (const [goer, entry] of evicted) await this.evict(goer, entry)
  }

  /** Resolves to the records that have to go for it. */
  private async replace(
    envelope: Libp2pRecord,
    incoming: SignedRecord,
    source: string | undefined,
  ): Promise<readonly Goer[]> {
    const { zoneId, sequence, expiresAt } = incoming
    const read = await this.records.read(zoneId)
    // Mostly it is what is kept already, and then it was verified a moment ago.
    const isSame = read !== undefined && Buffer.compare(read.envelope.value, envelope.value) === 0
    const kept = isSame ? read : await this.authentic(read)
    const known = (await this.options.known?.get(zoneId))?.record
    const best = better(kept?.record, known)
    const floor = await this.floor(zoneId)
    const { kind } = judgeReplacement(incoming, best, floor)
    if (kind === 'refuse')
      throw new StaleSequenceError(zoneId, incoming.sequence, Math.max(best?.sequence ?? 0, floor))
    // The same signed data in another envelope proves nothing new; only the time of receipt changes.
    const unchanged = kind === 'confirm' && kept !== undefined && compareRecords(kept.record, incoming) === 0
    const value = unchanged ? kept.envelope.value : envelope.value
    const now = this.options.now()
    const entry = await this.records.entry(zoneId)
    // A record counts for who brought the zone here, so that nobody takes it over by putting it again, to fall with it.
    const owner = this.isNeeded(zoneId) ? undefined : entry === undefined ? source : entry.source
    return this.records.write(zoneId, this.envelope(zoneId, value), {
      source: owner,
      shared: entry?.shared === true || source !== owner,
      receivedAt: now,
      expiresAt,
      sequence,
      horizon: horizonOf(entry?.horizon, incoming, now),
    })
  }

  private async evict(zoneId: ZoneId, entry: KeptEntry): Promise<void> {
    await this.lock.run(zoneId, async () => {
      // It may have been put again, and admitted, since.
      if ((await this.records.entry(zoneId)) === undefined) await this.remove(zoneId, entry)
    })
  }

  private async freshest(zoneId: ZoneId): Promise<Libp2pRecord | undefined> {
    // Before the records: they may be replaced meanwhile, and what was read of them would be below the new floor.
    const floor = await this.floor(zoneId)
    const kept = await this.authentic(await this.records.read(zoneId))
    const entry = await this.records.entry(zoneId)
    if (kept === undefined && entry === undefined) return undefined
    const known = (await this.options.known?.get(zoneId))?.record
    const best = better(kept?.record, known)
    if (best === undefined || best.sequence < floor) return undefined
    // kad-dht neither serves nor keeps what came too long ago, but this node keeps the zone alive.
    if (this.isNeeded(zoneId)) return this.envelope(zoneId, best.bytes)
    if (best === kept?.record) return kept.envelope
    const timeReceived = kept?.envelope.timeReceived ?? new Date(entry?.receivedAt ?? 0)
    return new Libp2pRecord(routingKeyOf(zoneId), best.bytes, timeReceived)
  }

  // A damaged sequence must not keep newer records out.
  private async authentic(kept: Kept | undefined): Promise<Kept | undefined> {
    if (kept === undefined) return undefined
    const verdict = await this.verify(kept.record.zoneId, kept.envelope.value)
    return verdict.kind === 'invalid' ? undefined : kept
  }

  private async verify(zoneId: ZoneId, value: Uint8Array): ReturnType<typeof verifyRecord> {
    return verifyRecord(zoneId, value, { verifier: this.options.verifier, now: this.options.now() })
  }

  private async floor(zoneId: ZoneId): Promise<number> {
    const kept = (await this.records.entry(zoneId))?.sequence ?? 0
    return Math.max(kept, await this.floors.get(zoneId), (await this.options.known?.floor(zoneId)) ?? 0)
  }

  private envelope(zoneId: ZoneId, value: Uint8Array): Libp2pRecord {
    return new Libp2pRecord(routingKeyOf(zoneId), value, new Date(this.options.now()))
  }
}

function better(a: SignedRecord | undefined, b: SignedRecord | undefined): SignedRecord | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareRecords(b, a) > 0 ? b : a
}
