import type { SteadyClock } from '../clock.ts'

export interface TurnsOptions<Key> {
  readonly clock: SteadyClock
  /** Milliseconds between the end of one task and the start of the next. */
  readonly pause: number
  /** The task of a key. Says by `set` when its next turn is, and handles its own errors. */
  readonly run: (key: Key) => Promise<void>
}

interface Turn<Key> {
  readonly key: Key
  readonly due: number
}

/** Runs a task for each key when it is due: one after the other, those first that are due longest. */
export class Turns<Key> {
  private readonly options: TurnsOptions<Key>
  private readonly due = new Map<Key, number>()
  private readonly hurried = new Set<Key>()
  /** Whether the last turn was that of one that could not wait. */
  private wasHurried = false
  private cancel: (() => void) | undefined
  private running: Promise<void> | undefined
  private quietUntil = -Infinity
  private stopped = false

  constructor(options: TurnsOptions<Key>) {
    this.options = options
  }

  /** When the next turn of a key is, in milliseconds of the clock. */
  dueOf(key: Key): number | undefined {
    return this.due.get(key)
  }

  set(key: Key, due: number): void {
    this.due.set(key, due)
    this.schedule()
  }

  /** Gives a key the next turn, however many are due already; of two such turns one is left to those. */
  hurry(key: Key): void {
    this.hurried.add(key)
    this.schedule()
  }

  delete(key: Key): void {
    this.due.delete(key)
    this.hurried.delete(key)
    this.schedule()
  }

  /** Starts no further task, and resolves when none is under way. */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancel?.()
    await this.running
  }

  private schedule(): void {
    this.cancel?.()
    this.cancel = undefined
    const next = this.next()
    if (this.stopped || this.running !== undefined || next === undefined) return
    this.cancel = this.options.clock.at(Math.max(next.due, this.quietUntil), () => {
      // Before the task begins, which may set its next turn at once.
      this.running = Promise.resolve()
        .then(async () => this.runNext())
        .finally(() => {
          this.running = undefined
          this.schedule()
        })
    })
  }

  private async runNext(): Promise<void> {
    const { clock, pause, run } = this.options
    const next = this.next()
    if (next === undefined || next.due > clock.now()) return
    this.wasHurried = next.due === -Infinity
    this.due.delete(next.key)
    this.hurried.delete(next.key)
    await run(next.key)
    this.quietUntil = clock.now() + pause
  }

  private next(): Turn<Key> | undefined {
    const [hurried] = this.hurried
    const first = this.firstDue()
    if (hurried === undefined) return first
    // Who hurries all the time keeps the others waiting, but not for ever.
    const isTheirs = this.wasHurried && first !== undefined && first.due <= this.options.clock.now()
    return isTheirs ? first : { key: hurried, due: -Infinity }
  }

  private firstDue(): Turn<Key> | undefined {
    let first: Turn<Key> | undefined
    for (const [key, due] of this.due) if (first === undefined || due < first.due) first = { key, due }
    return first
  }
}
