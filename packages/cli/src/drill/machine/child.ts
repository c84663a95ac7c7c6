import { createInterface } from 'node:readline'

/** What a child of the drill has of its parent. */
export interface Parent<Settings, Report> {
  readonly settings: Settings
  /** Hears what the parent writes, a line each. */
  readonly onLine: (listener: (line: string) => void) => void
  /** Tells the parent, as one line of JSON. */
  readonly tell: (report: Report) => void
}

/** For a script that the drill starts with its settings as JSON. It ends when its parent does. */
export function parentOf<Settings, Report>(): Parent<Settings, Report> {
  const settings = JSON.parse(process.argv[2] ?? '') as Settings
  const lines = createInterface({ input: process.stdin })
  lines.on('close', () => process.exit(0))
  // The terminal sends these to everybody; the parent says when it is time.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  process.stdout.on('error', () => process.exit(0))
  return {
    settings,
    onLine: listener => {
      lines.on('line', listener)
    },
    tell: report => {
      process.stdout.write(`${JSON.stringify(report)}\n`)
    },
  }
}
