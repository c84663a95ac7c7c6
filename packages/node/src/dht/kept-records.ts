import { Libp2pRecord } from '@libp2p/record'
import {
  type SignedRecord,
  type ZoneId,
  decodeRecord,
  routingKeyOf,
  zoneIdFromText,
  zoneIdOfRoutingKey,
} from '@signpost/core'
import { type Datastore, Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { type KeepLimits, NoRoomError } from './admission.ts'
import { type Goer, type KeptEntry, KeptLedger, decodeEntry, encodeEntry } from './kept-ledger.ts'

/** A record that a DHT keeps for others, and what kad-dht wraps it in. */
export interface Kept {
  readonly envelope: Libp2pRecord
  readonly record: SignedRecord
}

export interface KeptRecordsOptions {
  /** The DHT's datastore prefix. Records are under `<prefix>/record/`, as kad-dht has it. */
  readonly prefix: string
  readonly limits: KeepLimits
  /** Whether this node keeps the zone for itself, so that it never goes for another one. */
  readonly isNeeded: (zoneId: ZoneId) => boolean
}

/**
 * The records that a DHT keeps for others on disk, each with an entry of the ledger that says how much there is of whom.
 * It judges no record: who calls it does, and sees to it that changes of one zone come one after the other.
 */
export class KeptRecords {
  private readonly datastore: Datastore
  private readonly options: KeptRecordsOptions
  private readonly recordPrefix: string
  private readonly entryPrefix: string
  // Once the entries were read.
  private reading: Promise<KeptLedger> | undefined

  constructor(datastore: Datastore, options: KeptRecordsOptions) {
    this.datastore = datastore
    this.options = options
    this.recordPrefix = `${options.prefix}/record/`
    this.entryPrefix = `${options.prefix}/kept/`
  }

  /** The DHT key in a key under which kad-dht keeps a record; undefined for every other key. */
  routingKeyAt(key: Key): Uint8Array | undefined {
    const name = key.toString()
    if (!name.startsWith(this.recordPrefix)) return undefined
    return base32.decode(`b${name.slice(this.recordPrefix.length)}`)
  }

  zoneIdAt(key: Key): ZoneId | undefined {
    const routingKey = this.routingKeyAt(key)
    return routingKey === undefined ? undefined : zoneIdOfRoutingKey(routingKey)
  }

  async read(zoneId: ZoneId): Promise<Kept | undefined> {
    const key = this.keyOf(zoneId)
    if (!(await this.datastore.has(key))) return undefined
    const octets = await this.datastore.get(key)
    try {
      const envelope = Libp2pRecord.deserialize(octets)
      return { envelope, record: decodeRecord(zoneId, envelope.value) }
    } catch {
      // Damaged on disk: as good as absent, and the next put repairs it.
      return undefined
    }
  }

  async entry(zoneId: ZoneId): Promise<KeptEntry | undefined> {
    return (await this.ledger()).get(zoneId)
  }

  /** Zones of which something is true. */
  async select(isWanted: (zoneId: ZoneId, entry: KeptEntry) => boolean): Promise<ZoneId[]> {
    return (await this.ledger()).select(isWanted)
  }

  /**
   * Keeps a record in place of the zone's before. Resolves to those that have to be removed for it.
   * @throws NoRoomError for a further zone, see `admit`.
   */
  async write(
    zoneId: ZoneId,
    envelope: Libp2pRecord,
    entry: Omit<KeptEntry, 'octets'>,
  ): Promise<readonly Goer[]> {
    const ledger = await this.ledger()
    const before = ledger.get(zoneId)
    const octets = envelope.serialize()
    const complete = { ...entry, octets: octets.length }
    const admission = ledger.admit(zoneId, complete)
    if (admission.kind === 'refused') throw new NoRoomError(admission.reason)
    try {
      const batch = this.datastore.batch()
      batch.put(this.keyOf(zoneId), octets)
      batch.put(this.entryKeyOf(zoneId), encodeEntry(complete))
      await batch.commit()
    } catch (error) {
      ledger.restore(zoneId, before)
      for (const [goer, entry] of admission.evicted)
        if (ledger.get(goer) === undefined) ledger.restore(goer, entry)
      throw error
    }
    return admission.evicted
  }

  async remove(zoneId: ZoneId): Promise<void> {
    const ledger = await this.ledger()
    const batch = this.datastore.batch()
    batch.delete(this.keyOf(zoneId))
    batch.delete(this.entryKeyOf(zoneId))
    await batch.commit()
    ledger.remove(zoneId)
  }

  private async ledger(): Promise<KeptLedger> {
    return this.reading ?? this.startReading()
  }

  private startReading(): Promise<KeptLedger> {
    const reading = this.readLedger()
    this.reading = reading
    // Who waits for it gets the error; the next one reads again.
    reading.catch(() => {
      if (this.reading === reading) this.reading = undefined
    })
    return reading
  }

  private async readLedger(): Promise<KeptLedger> {
    const entries: [ZoneId, KeptEntry][] = []
    for await (const { key, value } of this.datastore.query({ prefix: this.entryPrefix })) {
      const zoneId = zoneIdFromText(key.toString().slice(this.entryPrefix.length))
      const entry = decodeEntry(value)
      if (zoneId !== undefined && entry !== undefined) entries.push([zoneId, entry])
    }
    entries.sort(([, a], [, b]) => a.receivedAt - b.receivedAt)
    return new KeptLedger(entries, this.options.limits, this.options.isNeeded)
  }

  // kad-dht names a record by its DHT key in base32.
  private keyOf(zoneId: ZoneId): Key {
    return new Key(`${this.recordPrefix}${base32.encode(routingKeyOf(zoneId)).slice(1)}`)
  }

  private entryKeyOf(zoneId: ZoneId): Key {
    return new Key(`${this.entryPrefix}${zoneId}`)
  }
}
