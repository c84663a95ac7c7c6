import { orAborted } from '../abortable.ts'
import type { Holder } from '../routing/memory-routing.ts'
import type { Routing, RoutingAnswer, RoutingPut, RoutingPutOptions } from '../routing/routing.ts'

/**
 * One message on its way to a holder, or its answer on its way back. Resolves when it has arrived, to false where the
 * holder cannot be reached, and never where the message is lost.
 */
export type Journey = (holder: Holder) => Promise<boolean>

const never = new AbortController().signal

/**
 * Holders at the end of slow and unreliable ways. What was sent arrives although its sender has given up meanwhile, and
 * what was sent later may arrive before it.
 */
export class SlowRouting implements Routing {
  private readonly holders: readonly Holder[]
  private readonly travel: Journey

  constructor(holders: readonly Holder[], travel: Journey) {
    this.holders = holders
    this.travel = travel
  }

  async *get(key: Uint8Array, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<RoutingAnswer> {
    const waiting = new Map(this.holders.map(holder => [holder, this.ask(holder, key, signal)]))
    while (waiting.size > 0 && !signal.aborted) {
      const { holder, answer } = await Promise.race(waiting.values())
      waiting.delete(holder)
      if (answer !== undefined) yield answer
    }
  }

  async put(key: Uint8Array, value: Uint8Array, options: RoutingPutOptions): Promise<RoutingPut> {
    const asked = this.holders.length
    let acks = 0
    await Promise.all(
      this.holders.map(async holder => {
        const ok = await this.give(holder, key, value, options.signal)
        if (ok) acks++
        options.onAck?.({ peer: holder.peer, ok, acks, asked })
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
    return holder !== undefined && this.give(holder, key, value, signal)
  }

  private async ask(
    holder: Holder,
    key: Uint8Array,
    signal: AbortSignal,
  ): Promise<{ readonly holder: Holder; readonly answer: RoutingAnswer | undefined }> {
    const question = async (): Promise<RoutingAnswer | undefined> => {
      if (!(await this.travel(holder))) return undefined
      const answer = await holder.answer(key, never)
      return (await this.travel(holder)) ? answer : undefined
    }
    try {
      return { holder, answer: await orAborted(question(), signal) }
    } catch {
      return { holder, answer: undefined }
    }
  }

  private async give(
    holder: Holder,
    key: Uint8Array,
    value: Uint8Array,
    signal: AbortSignal,
  ): Promise<boolean> {
    const gift = async (): Promise<boolean> => {
      if (!(await this.travel(holder))) return false
      const taken = await holder.take(key, value, never)
      return (await this.travel(holder)) && taken
    }
    try {
      return await orAborted(gift(), signal)
    } catch {
      return false
    }
  }
}
