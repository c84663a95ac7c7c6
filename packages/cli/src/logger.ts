import { styleText } from 'node:util'
import { type Logger, pino, stdSerializers } from 'pino'
import type { Terminal } from './terminal.ts'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Logs to standard error: lines for people where it is a terminal, JSON otherwise. */
export function createLogger(terminal: Terminal, level: LogLevel): Logger {
  const { stderr } = terminal.streams
  const forPeople = stderr.isTTY && !terminal.json
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: stdSerializers.err },
    },
    {
      write: line => {
        if (forPeople)
          terminal.note(readableLine(line, (style, text) => styleText(style, text, { stream: stderr })))
        else stderr.write(line)
      },
    },
  )
}

const LEVELS: ReadonlyMap<unknown, readonly [label: string, style: Style]> = new Map([
  [10, ['trace', 'dim']],
  [20, ['debug', 'dim']],
  [30, ['info ', 'green']],
  [40, ['warn ', 'yellow']],
  [50, ['error', 'red']],
])

type Style = 'dim' | 'green' | 'yellow' | 'red'

/** One line of pino's JSON as a person reads it: time, level, message, then the fields. */
export function readableLine(line: string, style: (style: Style, text: string) => string): string {
  const { level, time, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const [label, labelStyle] = LEVELS.get(level) ?? ['fatal', 'red']
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const failure = (error as { message?: string } | undefined)?.message
  const parts = [
    style('dim', String(time).slice(11, 19)),
    style(labelStyle, label),
    typeof msg === 'string' ? msg : '',
    ...(failure === undefined ? [] : [failure]),
    style('dim', pairs.join(' ')),
  ]
  return parts.join(' ').trimEnd()
}
