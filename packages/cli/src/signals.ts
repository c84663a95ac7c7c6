import { InterruptedError } from './errors.ts'
import { ExitCode } from './exit-code.ts'

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A terminal and `npm` both pass one Ctrl-C on, so a second signal within this many milliseconds is the first one. */
const ECHO = 500

export interface Signals {
  readonly stop: AbortSignal
  /** From now on SIGHUP is told to the listener, and does not ask to stop. */
  readonly onHangup: (listener: () => void) => void
}

/** The first signal asks everything to stop in order; the second ends the process at once. */
export function watchSignals(process: NodeJS.Process): Signals {
  const controller = new AbortController()
  let onHangup: (() => void) | undefined
  let first = 0
  for (const name of SIGNALS)
    process.on(name, () => {
      if (name === 'SIGHUP' && onHangup !== undefined && !controller.signal.aborted) {
        onHangup()
      } else if (!controller.signal.aborted) {
        first = performance.now()
        controller.abort()
      } else if (performance.now() - first > ECHO) {
        process.exit(ExitCode.interrupted)
      }
    })
  return {
    stop: controller.signal,
    onHangup: listener => {
      onHangup = listener
    },
  }
}

/** The same promise, but an InterruptedError once the signal aborts; for what may wait for ever before anything runs. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    aborted(signal).then(() => {
      throw new InterruptedError()
    }),
  ])
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
