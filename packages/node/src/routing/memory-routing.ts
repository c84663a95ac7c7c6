import { compareRecords, decodeRecord, zoneIdOfRoutingKey } from '@signpost/core'
import { orAborted } from '../abortable.ts'
import type { Routing, RoutingAnswer, RoutingPut } from './routing.ts'

/**
 * How a simulated holder treats others.
 * - `honest` keeps the newest record that it is given.
 * - `careless` keeps the last one that it is given, as a stock kad-dht server does.
 * - `refusing` answers, and takes nothing.
 * - `corrupt` answers with one octet changed, and takes nothing.
 * - `frozen` takes the request and never answers.
 * - `unreachable` is not there.
 */
export type HolderBehaviour = 'honest' | 'careless' | 'refusing' | 'corrupt' | 'frozen' | 'unreachable'

/** One peer of a simulated network. */
export class Holder {
  readonly peer: string
  behaviour: HolderBehaviour
  private readonly values = new Map<string, Uint8Array>()
  private gate: Promise<void> = Promise.resolve()

  constructor(peer: string, behaviour: HolderBehaviour) {
    this.peer = peer
    this.behaviour = behaviour
  }

  /** What it holds under a key. */
  held(key: Uint8Array): Uint8Array | undefined {
    return this.values.get(nameOf(key))
  }

  /** Makes it hold a value whatever its behaviour. */
  hold(key: Uint8Array, value: Uint8Array): void {
    this.values.set(nameOf(key), value)
  }

  /** Makes it lose what it holds under a key, floor and all. */
  forget(key: Uint8Array): void {
    this.values.delete(nameOf(key))
  }

  /** Keeps its answers back until the returned function is called. */
  pause(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gate = promise
    return resolve
  }

  /** Undefined where it says nothing. */
  async answer(key: Uint8Array, signal: AbortSignal): Promise<RoutingAnswer | undefined> {
    await orAborted(this.attention(), signal)
    const { peer } = this
    const value = this.held(key)
    if (this.behaviour === 'unreachable') return undefined
    if (value === undefined) return { kind: 'nothing', from: peer }
    return { kind: 'value', value: this.behaviour === 'corrupt' ? corrupted(value) : value, from: peer }
  }

  /** Whether it took the value. */
  async take(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<boolean> {
    await orAborted(this.attention(), signal)
    const takes = this.behaviour === 'careless' || (this.behaviour === 'honest' && this.isNewest(key, value))
    if (takes) this.hold(key, value)
    return takes
  }

  private isNewest(key: Uint8Array, value: Uint8Array): boolean {
    const zoneId = zoneIdOfRoutingKey(key)
    const held = this.held(key)
    if (zoneId === undefined || held === undefined) return true
    return compareRecords(decodeRecord(zoneId, value), decodeRecord(zoneId, held)) >= 0
  }

  private async attention(): Promise<void> {
    await this.gate
    if (this.behaviour === 'frozen') await new Promise<never>(() => {})
  }
}

/** A network of holders in memory, all of which are closest to every key. They answer in the order of joining. */
export class MemoryNetwork {
  readonly holders: Holder[] = []
  private readonly name: string

  /** @param name what its peers are called, with a number each. */
  constructor(name = 'holder') {
    this.name = name
  }

  add(behaviour: HolderBehaviour = 'honest'): Holder {
    const holder = new Holder(`${this.name}-${this.holders.length + 1}`, behaviour)
    this.holders.push(holder)
    return holder
  }

  routing(): Routing {
    return new MemoryRouting(this.holders)
  }
}

class MemoryRouting implements Routing {
  private readonly holders: readonly Holder[]

  constructor(holders: readonly Holder[]) {
    this.holders = holders
  }

  async *get(key: Uint8Array, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<RoutingAnswer> {
    const asked = new Map(
      this.holders.map(holder => [holder, tagged(holder, settled(holder.answer(key, signal)))]),
    )
    while (asked.size > 0 && !signal.aborted) {
      const [holder, answer] = await Promise.race(asked.values())
      asked.delete(holder)
      if (answer !== undefined) yield answer
    }
  }

  async put(
    key: Uint8Array,
    value: Uint8Array,
    { signal, onAck }: Parameters<Routing['put']>[2],
  ): Promise<RoutingPut> {
    const asked = this.holders.length
    let acks = 0
    await Promise.all(
      this.holders.map(async holder => {
        const ok = (await settled(holder.take(key, value, signal))) === true
        if (ok) acks++
        onAck?.({ peer: holder.peer, ok, acks, asked })
      }),
    )
    return { acks, asked }
  }

  async send(
    peer: string,
    key: Uint8Array,
    value: Uint8Array,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<boolean> {
    const holder = this.holders.find(holder => holder.peer === peer)
    return holder !== undefined && (await settled(holder.take(key, value, signal))) === true
  }
}

async function tagged<Value>(holder: Holder, answer: Promise<Value>): Promise<[Holder, Value]> {
  return [holder, await answer]
}

/** A peer that fails is one that says nothing. */
async function settled<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise
  } catch {
    return undefined
  }
}

function corrupted(value: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(value)
  const middle = copy.length >> 1
  copy[middle] = (copy[middle] ?? 0) ^ 0x01
  return copy
}

function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key)
}
