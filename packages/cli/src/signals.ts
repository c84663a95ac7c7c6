import { ExitCode } from './exit-code.ts'

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A terminal and `npm` both pass one Ctrl-C on, so a second signal within this many milliseconds is the first one. */
const ECHO = 500

/** The first signal asks everything to stop in order; the second ends the process at once. */
export function stopOnSignals(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  let first = 0
  for (const name of SIGNALS)
    process.on(name, () => {
      if (!controller.signal.aborted) {
        first = performance.now()
        controller.abort()
      } else if (performance.now() - first > ECHO) {
        process.exit(ExitCode.interrupted)
      }
    })
  return controller.signal
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
