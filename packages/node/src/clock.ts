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

/** The most milliseconds that {@link runAt} is late by. */
const LONGEST_WAIT = 300_000

/**
 * Runs something once at a time, in milliseconds since the epoch, and at once where that is past; also where the
 * machine slept meanwhile, when timers stand still. Returns what cancels it.
 */
export function runAt(clock: Clock, time: number, run: () => void): () => void {
  const wait = (): (() => void) =>
    clock.after(Math.max(0, Math.min(time - clock.now(), LONGEST_WAIT)), () => {
      if (clock.now() >= time) run()
      else cancel = wait()
    })
  let cancel = wait()
  return () => {
    cancel()
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
