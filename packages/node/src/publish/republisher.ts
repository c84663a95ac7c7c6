import { type Clock, SteadyClock } from '../clock.ts'
import { nextRepublish } from './republish.ts'

export interface RepublisherOptions {
  readonly clock: Clock
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  /** Runs one round, and handles its own errors. */
  readonly round: (signal: AbortSignal) => Promise<void>
  /** Milliseconds; see `REPUBLISH_INTERVAL`. */
  readonly interval?: number
}

/** Runs one round after the other until it is stopped. */
export interface Republisher {
  /** Resolves when no round runs any more. */
  stop(): Promise<void>
}

export function startRepublisher(options: RepublisherOptions): Republisher {
  const { random, round, interval } = options
  const clock = new SteadyClock(options.clock)
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let cancel = schedule(undefined)

  function schedule(last: number | undefined): () => void {
    return clock.at(nextRepublish(last, clock.now(), random(), interval), () => {
      running = turn()
    })
  }

  async function turn(): Promise<void> {
    try {
      await round(stopping.signal)
    } finally {
      if (!stopping.signal.aborted) cancel = schedule(clock.now())
    }
  }

  return {
    async stop() {
      stopping.abort(new Error('the node is stopping'))
      cancel()
      await running
    },
  }
}
