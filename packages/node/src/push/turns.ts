import type { Clock } from '../clock.ts'

export interface TurnsOptions<Key> {
  readonly clock: Clock
  /** Milliseconds between the end of one task and the start of the next. */
  readonly pause: number
  /** The task of a key. Says by `set` when its next turn is, and handles its own errors. */
  readonly run: (key: Key) => Promise<void>
}

/** Runs a task for each key when it is due: one after the other, those first that are due longest. */
export class Turns<Key> {
  private readonly options: TurnsOptions<Key>
  private readonly due = new Map<Key, number>()
  private cancel: (() => void) | undefined
  private running: Promise<void> | undefined
  private quietUntil = 0
  private stopped = false

  constructor(options: TurnsOptions<Key>) {
    this.options = options
  }

  /** When the next turn of a key is, in milliseconds since the epoch. */
  dueOf(key: Key): number | undefined {
    return this.due.get(key)
  }

  set(key: Key, due: number): void {
    this.due.set(key, due)
    this.schedule()
  }

  delete(key: Key): void {
    this.due.delete(key)
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
    const { clock } = this.options
    const at = Math.max(next.due, this.quietUntil, clock.now())
    this.cancel = clock.after(at - clock.now(), () => {
      this.running = this.runNext().finally(() => {
        this.running = undefined
        this.schedule()
      })
    })
  }

  private async runNext(): Promise<void> {
    const { clock, pause, run } = this.options
    const next = this.next()
    if (next === undefined || next.due > clock.now()) return
    this.due.delete(next.key)
    await run(next.key)
    this.quietUntil = clock.now() + pause
  }

  private next(): { readonly key: Key; readonly due: number } | undefined {
    let next: { readonly key: Key; readonly due: number } | undefined
    for (const [key, due] of this.due) if (next === undefined || due < next.due) next = { key, due }
    return next
  }
}
