import { NotFoundError } from '@libp2p/interface'
import { Libp2pRecord } from '@libp2p/record'
import {
  MalformedRecordError,
  type SignedRecord,
  type Verifier,
  type ZoneId,
  compareRecords,
  decodeRecord,
  routingKeyOf,
  verifyRecord,
  zoneIdOfRoutingKey,
} from '@signpost/core'
import { type Limit, SignpostError } from '@signpost/dns'
import { BaseDatastore } from 'datastore-core'
import { type Datastore, Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { StaleSequenceError } from '../errors.ts'
import { KeyedLock } from '../keyed-lock.ts'
import { judgeReplacement } from '../store/replacement.ts'
import type { Remembered, ZoneMemory } from '../resolve/zone-memory.ts'
import type { Store } from '../store/store.ts'

type AbortOptions = Parameters<Datastore['get']>[1]

export interface GuardOptions {
  /** The DHT's datastore prefix. What it keeps for others is under `<prefix>/record/`. */
  readonly prefix: string
  readonly verifier: Verifier
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** What this node knows of zones beside what its DHT keeps for others. */
  readonly known?: Pick<Store, 'get' | 'floor'> | undefined
  /** Called with every authentic record that somebody puts, whether or not it is kept. */
  readonly onRecord?: ((record: SignedRecord) => void) | undefined
  /** See {@link KEPT_ZONES}. */
  readonly limit?: number
}

/** Zones that a DHT keeps records of for others. At 10,240 octets each the default is 1 GiB at most. */
export const KEPT_ZONES: Limit = {
  default: 100_000,
  min: 1,
  max: 10_000_000,
}

/** Milliseconds for which a DHT keeps a record that nobody puts again (libp2p's kad-dht specification). */
export const KEPT_FOR: number = 48 * 3_600_000

/** The DHT keeps as many zones' records as it may; those that it has can still be replaced. */
export class NoRoomError extends SignpostError {
  readonly code = 'NO_ROOM'
  readonly limit: number

  constructor(limit: number) {
    super(
      `this node keeps records of ${limit} zones for others and takes no further zone; put it to another node`,
    )
    this.limit = limit
  }
}

const PUBLIC_KEY_PREFIX = new TextEncoder().encode('/pk/')

/** A record that the DHT keeps for others, and what kad-dht wraps it in. */
interface Kept {
  readonly envelope: Libp2pRecord
  readonly record: SignedRecord
}

/** How many zones' records there are. */
interface Room {
  taken: number
}

/**
 * The datastore that a DHT gets. kad-dht writes whatever is valid over whatever it has, and so lets anybody who
 * saved an owner's older record put it back. Every write of a record comes through here and is refused unless
 * it wins over what is kept, over what this node knows otherwise, and over the floor, which outlives the record.
 */
export class GuardedDatastore extends BaseDatastore implements ZoneMemory {
  private readonly inner: Datastore
  private readonly options: GuardOptions
  private readonly recordPrefix: string
  private readonly lock = new KeyedLock<string>()
  // How many zones' records there are, once they were counted.
  private room: Promise<Room> | undefined

  constructor(inner: Datastore, options: GuardOptions) {
    super()
    this.inner = inner
    this.options = options
    this.recordPrefix = `${options.prefix}/record/`
  }

  /** The record that the DHT keeps for a zone. */
  async held(zoneId: ZoneId): Promise<Uint8Array | undefined> {
    return (await this.freshest(this.recordKey(zoneId), zoneId))?.value
  }

  async remembered(zoneId: ZoneId, stored: SignedRecord | undefined): Promise<Remembered> {
    const key = this.recordKey(zoneId)
    return this.lock.run(key.toString(), async () => {
      const floor = await this.floor(zoneId)
      const kept = await this.kept(key, zoneId)
      // Verified only where it matters: most of the time the store has the same.
      if (kept === undefined || better(stored, kept.record) === stored) return { newer: undefined, floor }
      if ((await this.authentic(kept)) === undefined) return { newer: undefined, floor }
      return { newer: { record: kept.record, receivedAt: timeOf(kept.envelope) }, floor }
    })
  }

  /** Keeps a record that this node itself puts. @throws as {@link GuardedDatastore.put} does, except for room. */
  async hold(zoneId: ZoneId, value: Uint8Array): Promise<void> {
    await this.take(this.recordKey(zoneId), zoneId, this.envelope(zoneId, value), true)
  }

  /**
   * @throws StaleSequenceError for a record that loses against one that this node knows, and the verifier's
   * error for one that is not authentic or is over its validity; NoRoomError for the first of a further zone.
   */
  override async put(key: Key, value: Uint8Array, options?: AbortOptions): Promise<Key> {
    const zoneId = this.zoneIdAt(key)
    if (zoneId === undefined) {
      if (this.isNamed(key)) throw new MalformedRecordError('only records under an Ed25519 key are kept')
      return this.inner.put(key, value, options)
    }
    await this.take(key, zoneId, Libp2pRecord.deserialize(value), false)
    return key
  }

  /**
   * Serves the newer of what is kept and what this node knows otherwise. Of a zone that the DHT keeps nothing
   * for it says nothing: what a node resolves for itself is nobody else's business.
   */
  override async get(key: Key, options?: AbortOptions): Promise<Uint8Array> {
    const zoneId = this.zoneIdAt(key)
    if (zoneId === undefined) return this.inner.get(key, options)
    const envelope = await this.freshest(key, zoneId)
    if (envelope === undefined) throw new NotFoundError()
    return envelope.serialize()
  }

  override async has(key: Key, options?: AbortOptions): Promise<boolean> {
    return this.inner.has(key, options)
  }

  /** Leaves the floor of a deleted record behind: what was too old for it stays too old. */
  override async delete(key: Key, options?: AbortOptions): Promise<void> {
    const zoneId = this.zoneIdAt(key)
    if (zoneId === undefined) {
      await this.inner.delete(key, options)
      return
    }
    await this.lock.run(key.toString(), () => this.remove(key))
  }

  /** Deletes what nobody put again for {@link KEPT_FOR}. Returns how many records that were. */
  async sweep(): Promise<number> {
    const since = this.options.now() - KEPT_FOR
    let swept = 0
    for await (const { key, value } of this.inner.query({ prefix: this.recordPrefix })) {
      if (timeOfReceipt(value) >= since) continue
      if (await this.removeOlder(key, since)) swept++
    }
    return swept
  }

  override query(...args: Parameters<Datastore['query']>): ReturnType<Datastore['query']> {
    return this.inner.query(...args)
  }

  override queryKeys(...args: Parameters<Datastore['queryKeys']>): ReturnType<Datastore['queryKeys']> {
    return this.inner.queryKeys(...args)
  }

  // The sweep's iterator reads ahead, so what it gave may have been put again since.
  private async removeOlder(key: Key, since: number): Promise<boolean> {
    return this.lock.run(key.toString(), async () => {
      if (!(await this.inner.has(key)) || timeOfReceipt(await this.inner.get(key)) >= since) return false
      await this.remove(key)
      return true
    })
  }

  private async remove(key: Key): Promise<void> {
    const zoneId = this.zoneIdAt(key)
    const kept = zoneId === undefined ? undefined : await this.authentic(await this.kept(key, zoneId))
    if (zoneId !== undefined && kept !== undefined) await this.raiseFloor(zoneId, kept.record.sequence)
    const room = await this.room
    const frees = zoneId !== undefined && (await this.inner.has(key))
    await this.inner.delete(key)
    if (room !== undefined && frees) room.taken--
  }

  private async take(key: Key, zoneId: ZoneId, envelope: Libp2pRecord, isOwn: boolean): Promise<void> {
    const verdict = await this.verify(zoneId, envelope.value)
    if (verdict.kind !== 'valid') throw verdict.error
    this.options.onRecord?.(verdict.record)
    await this.lock.run(key.toString(), () => this.replace(key, envelope, verdict.record, isOwn))
  }

  private async replace(
    key: Key,
    envelope: Libp2pRecord,
    incoming: SignedRecord,
    isOwn: boolean,
  ): Promise<void> {
    const { zoneId } = incoming
    const kept = await this.authentic(await this.kept(key, zoneId))
    const known = (await this.options.known?.get(zoneId))?.record
    const best = better(kept?.record, known)
    const floor = await this.floor(zoneId)
    const { kind } = judgeReplacement(incoming, best, floor)
    if (kind === 'refuse')
      throw new StaleSequenceError(zoneId, incoming.sequence, Math.max(best?.sequence ?? 0, floor))
    // The same signed data in another envelope proves nothing new; only the time of receipt changes.
    const unchanged = kind === 'confirm' && kept !== undefined && compareRecords(kept.record, incoming) === 0
    const value = unchanged ? kept.envelope.value : envelope.value
    const octets = this.envelope(zoneId, value).serialize()
    if (await this.inner.has(key)) await this.inner.put(key, octets)
    else await this.putFurther(key, octets, isOwn)
  }

  private async putFurther(key: Key, octets: Uint8Array, isOwn: boolean): Promise<void> {
    const room = await this.takeRoom(isOwn)
    try {
      await this.inner.put(key, octets)
    } catch (error) {
      // Nothing was written, so nothing takes room.
      room.taken--
      throw error
    }
  }

  // Anybody can make keys, and sign with them, as fast as a machine computes.
  private async takeRoom(isOwn: boolean): Promise<Room> {
    const room = await (this.room ?? this.startMeasuring())
    const limit = this.options.limit ?? KEPT_ZONES.default
    if (room.taken >= limit && !isOwn) throw new NoRoomError(limit)
    room.taken++
    return room
  }

  private startMeasuring(): Promise<Room> {
    const measuring = this.measureRoom()
    this.room = measuring
    // Who waits for it gets the error; the next put counts again.
    measuring.catch(() => {
      if (this.room === measuring) this.room = undefined
    })
    return measuring
  }

  private async measureRoom(): Promise<Room> {
    let taken = 0
    for await (const key of this.inner.queryKeys({ prefix: this.recordPrefix }))
      if (this.zoneIdAt(key) !== undefined) taken++
    return { taken }
  }

  private async freshest(key: Key, zoneId: ZoneId): Promise<Libp2pRecord | undefined> {
    const kept = await this.kept(key, zoneId)
    if (kept === undefined) return undefined
    const known = (await this.options.known?.get(zoneId))?.record
    const best = better(kept.record, known) ?? kept.record
    if (best.sequence < (await this.floor(zoneId))) return undefined
    if (best === kept.record) return kept.envelope
    return new Libp2pRecord(kept.envelope.key, best.bytes, kept.envelope.timeReceived)
  }

  private async kept(key: Key, zoneId: ZoneId): Promise<Kept | undefined> {
    if (!(await this.inner.has(key))) return undefined
    const octets = await this.inner.get(key)
    try {
      const envelope = Libp2pRecord.deserialize(octets)
      return { envelope, record: decodeRecord(zoneId, envelope.value) }
    } catch {
      // Damaged on disk: as good as absent, and the next put repairs it.
      return undefined
    }
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
    const key = this.floorKey(zoneId)
    const own = (await this.inner.has(key)) ? Number(new TextDecoder().decode(await this.inner.get(key))) : 0
    return Math.max(own, (await this.options.known?.floor(zoneId)) ?? 0)
  }

  private async raiseFloor(zoneId: ZoneId, sequence: number): Promise<void> {
    const floor = Math.max(sequence, await this.floor(zoneId))
    await this.inner.put(this.floorKey(zoneId), new TextEncoder().encode(String(floor)))
  }

  private zoneIdAt(key: Key): ZoneId | undefined {
    const routingKey = this.routingKeyAt(key)
    return routingKey === undefined ? undefined : zoneIdOfRoutingKey(routingKey)
  }

  // Of what has a validator, only public keys under /pk/ are no names: they prove themselves and never change.
  private isNamed(key: Key): boolean {
    const routingKey = this.routingKeyAt(key)
    return routingKey !== undefined && !PUBLIC_KEY_PREFIX.every((octet, at) => routingKey[at] === octet)
  }

  // kad-dht names a record by its DHT key in base32.
  private routingKeyAt(key: Key): Uint8Array | undefined {
    const name = key.toString()
    if (!name.startsWith(this.recordPrefix)) return undefined
    return base32.decode(`b${name.slice(this.recordPrefix.length)}`)
  }

  private envelope(zoneId: ZoneId, value: Uint8Array): Libp2pRecord {
    return new Libp2pRecord(routingKeyOf(zoneId), value, new Date(this.options.now()))
  }

  private recordKey(zoneId: ZoneId): Key {
    return new Key(`${this.recordPrefix}${base32.encode(routingKeyOf(zoneId)).slice(1)}`)
  }

  private floorKey(zoneId: ZoneId): Key {
    return new Key(`${this.options.prefix}/floor/${zoneId}`)
  }
}

function better(a: SignedRecord | undefined, b: SignedRecord | undefined): SignedRecord | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareRecords(b, a) > 0 ? b : a
}

// What is damaged is as old as can be.
function timeOfReceipt(octets: Uint8Array): number {
  try {
    return timeOf(Libp2pRecord.deserialize(octets))
  } catch {
    return 0
  }
}

function timeOf({ timeReceived }: Libp2pRecord): number {
  const time = timeReceived.getTime()
  return Number.isNaN(time) ? 0 : time
}
