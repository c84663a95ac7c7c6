import { ExitCode } from './exit-code.ts'

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The first signal asks everything to stop in order; the second ends the process at once. */
export function stopOnSignals(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  for (const name of SIGNALS)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(ExitCode.interrupted)
      controller.abort()
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
