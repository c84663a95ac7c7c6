import type { Routing, RoutingAnswer, RoutingGetOptions, RoutingPut, RoutingPutOptions } from './routing.ts'

/** Several networks as one: what one of them has is found, and what is put goes to all of them. */
export class JointRouting implements Routing {
  readonly each: readonly Routing[]

  constructor(routings: readonly Routing[]) {
    this.each = routings
  }

  async *get(key: Uint8Array, options: RoutingGetOptions): AsyncGenerator<RoutingAnswer> {
    const open = new Set(this.each.map(routing => routing.get(key, options)[Symbol.asyncIterator]()))
    const waiting = new Map<AsyncIterator<RoutingAnswer>, Promise<Step>>()
    try {
      for (;;) {
        // Asked just before the race, which hears of every failure: a reader may have left at the yield.
        for (const answers of open) if (!waiting.has(answers)) waiting.set(answers, nextOf(answers))
        if (open.size === 0) return
        const { answers, result } = await Promise.race(waiting.values())
        waiting.delete(answers)
        if (result.done === true) open.delete(answers)
        else yield result.value
      }
    } finally {
      await Promise.all([...open].map(async answers => answers.return?.()))
    }
  }

  async put(key: Uint8Array, value: Uint8Array, options: RoutingPutOptions): Promise<RoutingPut> {
    // The latest counts of each network.
    const counts = this.each.map(() => ({ acks: 0, asked: 0 }))
    // All of them to the end, so that none goes on when this is over.
    const puts = await Promise.allSettled(
      this.each.map((routing, at) =>
        routing.put(key, value, {
          ...options,
          onAck: ack => {
            counts[at] = ack
            options.onAck?.({ ...ack, ...sumOf(counts) })
          },
        }),
      ),
    )
    const failed = puts.find(put => put.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return sumOf(puts.flatMap(put => (put.status === 'fulfilled' ? put.value : [])))
  }

  async send(peer: string, ...rest: SendRest): Promise<boolean> {
    const sent = await Promise.all(this.each.map(async routing => routing.send?.(peer, ...rest)))
    return sent.includes(true)
  }
}

type SendRest = Parameters<NonNullable<Routing['send']>> extends [string, ...infer Rest] ? Rest : never

interface Step {
  readonly answers: AsyncIterator<RoutingAnswer>
  readonly result: IteratorResult<RoutingAnswer>
}

async function nextOf(answers: AsyncIterator<RoutingAnswer>): Promise<Step> {
  return { answers, result: await answers.next() }
}

function sumOf(puts: readonly RoutingPut[]): RoutingPut {
  let [acks, asked] = [0, 0]
  for (const put of puts) {
    acks += put.acks
    asked += put.asked
  }
  return { acks, asked }
}
