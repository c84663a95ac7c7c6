/** Time as the engine sees it, handed in where a node is composed, so that tests step it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs something once, `delay` milliseconds from now. Returns what cancels it. */
  after(delay: number, run: () => void): () => void
}

/** The machine's timers, with a clock of the caller's choice. */
export function systemClock(now: () => number = Date.now): Clock {
  return {
    now,
    after(delay, run) {
      const timer = setTimeout(run, delay)
      return () => {
        clearTimeout(timer)
      }
    },
  }
}

/** The most milliseconds that {@link SteadyClock.at} is late by. A longer timer than 2^31 - 1 fires at once. */
const LONGEST_WAIT = 300_000

/**
 * A clock for intervals, which goes on where the one that it is made of is set back. Only differences of its times mean
 * anything: whether a record is valid is a question for the other one. That one set forward is the same as a machine
 * that slept: what would have been due meanwhile is due now, once.
 */
export class SteadyClock implements Clock {
  private readonly clock: Clock
  private latest = -Infinity
  /** By how much the other clock was set back in all. */
  private ahead = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  now(): number {
    const now = this.clock.now()
    if (now + this.ahead < this.latest) this.ahead = this.latest - now
    this.latest = now + this.ahead
    return this.latest
  }

  after(delay: number, run: () => void): () => void {
    return this.clock.after(delay, run)
  }

  /**
   * Runs something once at a time of this clock, and at once where that is past; also where the machine slept meanwhile,
   * when timers stand still. Returns what cancels it.
   */
  at(time: number, run: () => void): () => void {
    const wait = (): (() => void) => {
      const now = this.now()
      const until = Math.min(Math.max(time, now), now + LONGEST_WAIT)
      return this.after(until - now, () => {
        // So much has passed, whatever the other clock says.
        this.latest = Math.max(this.latest, until)
        if (this.now() >= time) run()
        else cancel = wait()
      })
    }
    let cancel = wait()
    return () => {
      cancel()
    }
  }
}

/** A signal that aborts with `reason()` after `delay` milliseconds, unless it is cancelled before. */
export function deadlineSignal(
  clock: Clock,
  delay: number,
  reason: () => Error,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController()
  const cancel = clock.after(delay, () => {
    controller.abort(reason())
  })
  return { signal: controller.signal, cancel }
}
