import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { type Datastore, Key } from 'interface-datastore'
import { horizonToForget, isForgettable } from '../store/retention.ts'

interface Floor {
  readonly sequence: number
  /** See `horizonOf`. */
  readonly horizon: number
}

/** The floors that records leave behind when a DHT keeps them no longer. */
export class KeptFloors {
  private readonly datastore: Datastore
  private readonly prefix: string

  /** @param prefix the DHT's. */
  constructor(datastore: Datastore, prefix: string) {
    this.datastore = datastore
    this.prefix = `${prefix}/floor/`
  }

  /** 0 where there is none. */
  async get(zoneId: ZoneId): Promise<number> {
    return (await this.read(zoneId)).sequence
  }

  /** Raises a zone's floor, and never lowers it. */
  async raise(zoneId: ZoneId, sequence: number, horizon: number): Promise<void> {
    const before = await this.read(zoneId)
    const octets = encode({
      sequence: Math.max(before.sequence, sequence),
      horizon: Math.max(before.horizon, horizon),
    })
    await this.datastore.put(this.keyOf(zoneId), octets)
  }

  /**
   * Forgets floors below which nothing that was here can be valid any more, and of more than `limit` those whose
   * records are over first, until the signal aborts. Resolves to how many.
   * @param exclusively runs a task while nobody raises the zone's floor.
   */
  async sweep(
    now: number,
    limit: number,
    exclusively: (zoneId: ZoneId, task: () => Promise<void>) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<number> {
    const horizons: number[] = []
    for await (const { value } of this.datastore.query({ prefix: this.prefix })) {
      if (signal?.aborted === true) return 0
      horizons.push(decode(value).horizon)
    }
    const cut = horizonToForget(horizons, horizons.length - limit)
    const isOver = ({ horizon }: Floor): boolean => isForgettable(horizon, now) || horizon <= cut
    let forgotten = 0
    for await (const { key, value } of this.datastore.query({ prefix: this.prefix })) {
      if (signal?.aborted === true) break
      const zoneId = zoneIdFromText(key.toString().slice(this.prefix.length))
      const forget = async (): Promise<void> => {
        // What was read is of the time when the query began; it may have been raised since.
        if (zoneId !== undefined && !isOver(await this.read(zoneId))) return
        await this.datastore.delete(key)
        forgotten++
      }
      if (zoneId === undefined) await forget()
      else if (isOver(decode(value))) await exclusively(zoneId, forget)
    }
    return forgotten
  }

  private async read(zoneId: ZoneId): Promise<Floor> {
    const key = this.keyOf(zoneId)
    return (await this.datastore.has(key)) ? decode(await this.datastore.get(key)) : NO_FLOOR
  }

  private keyOf(zoneId: ZoneId): Key {
    return new Key(`${this.prefix}${zoneId}`)
  }
}

const NO_FLOOR: Floor = { sequence: 0, horizon: 0 }

function encode({ sequence, horizon }: Floor): Uint8Array {
  return new TextEncoder().encode(`${sequence} ${Math.ceil(horizon)}`)
}

// A floor without a horizon is of an earlier version and stays; one that the disk damaged says nothing.
function decode(octets: Uint8Array): Floor {
  const [, sequence, horizon] = /^(\d{1,16})(?: (\d{1,16}))?$/.exec(new TextDecoder().decode(octets)) ?? []
  if (sequence === undefined) return NO_FLOOR
  return { sequence: Number(sequence), horizon: horizon === undefined ? Infinity : Number(horizon) }
}
