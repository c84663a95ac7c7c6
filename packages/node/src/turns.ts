/** Runs so many tasks at a time; the others wait, and have their turn in the order in which they came. */
export class Turns {
  private free: number
  private readonly waiting = new Set<() => void>()

  constructor(atOnce: number) {
    this.free = atOnce
  }

  /** @throws the reason of `signal` where that aborts before the task has its turn, which passes to the next one. */
  async run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted()
    if (this.free > 0) this.free--
    else await this.wait(signal)
    try {
      return await task()
    } finally {
      const [next] = this.waiting
      if (next === undefined) this.free++
      else next()
    }
  }

  private async wait(signal: AbortSignal | undefined): Promise<void> {
    const turn = Promise.withResolvers<void>()
    const begin = (): void => {
      this.waiting.delete(begin)
      signal?.removeEventListener('abort', leave)
      turn.resolve()
    }
    const leave = (): void => {
      this.waiting.delete(begin)
      turn.reject(signal?.reason as Error)
    }
    this.waiting.add(begin)
    signal?.addEventListener('abort', leave, { once: true })
    await turn.promise
  }
}
