export interface ScheduleParts {
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number
  /** What is done for a key once its time has come. Never rejects. */
  readonly run: (key: string) => Promise<void>
}

/** Runs at once; more wait for one to end, so that a recovery of everything is no flood. */
const AT_ONCE = 16

/** Does things for keys at their times, with one timer and a bounded number at once. */
export class Schedule {
  private readonly parts: ScheduleParts
  private readonly due = new Map<string, number>()
  private readonly running = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private armedFor = Infinity
  private isClosed = false

  constructor(parts: ScheduleParts) {
    this.parts = parts
  }

  /** @param at by the steady clock; takes the place of an earlier or later time. */
  set(key: string, at: number): void {
    if (this.isClosed) return
    this.due.set(key, at)
    this.arm(at)
  }

  has(key: string): boolean {
    return this.due.has(key) || this.running.has(key)
  }

  delete(key: string): void {
    this.due.delete(key)
  }

  /** Nothing is begun any more. */
  close(): void {
    this.isClosed = true
    this.due.clear()
    clearTimeout(this.timer)
  }

  private arm(at: number): void {
    if (this.isClosed || at >= this.armedFor || this.running.size >= AT_ONCE) return
    clearTimeout(this.timer)
    this.armedFor = at
    this.timer = setTimeout(
      () => {
        this.armedFor = Infinity
        this.runDue()
      },
      Math.max(0, Math.ceil(at - this.parts.steady())),
    )
  }

  private runDue(): void {
    const now = this.parts.steady()
    let next = Infinity
    for (const [key, at] of this.due) {
      // Looked at again when it has ended.
      if (this.running.has(key)) continue
      if (at <= now && this.running.size < AT_ONCE) this.begin(key)
      else next = Math.min(next, at)
    }
    this.arm(next)
  }

  private begin(key: string): void {
    this.due.delete(key)
    this.running.add(key)
    void this.parts.run(key).finally(() => {
      this.running.delete(key)
      this.runDue()
    })
  }
}
