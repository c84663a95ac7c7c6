import { styleText } from 'node:util'
import type { Logger } from '@signpost/node'
import { pino } from 'pino'
import type { Terminal } from './terminal.ts'

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Logs to standard error: lines for people where it is a terminal, JSON otherwise. */
export function createLogger(terminal: Terminal, level: LogLevel): Logger {
  const { stderr } = terminal.streams
  const forPeople = stderr.isTTY && !terminal.json
  const style = (style: Style, text: string): string => styleText(style, text, { stream: stderr })
  const write = (line: string): void => {
    if (forPeople) terminal.note(readableLine(line, style))
    else stderr.write(line)
  }
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write })
  // Node and gateway say first what happened, then the facts; pino wants the facts first.
  const say =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (message, fields = {}) => {
      log[level](fields, message)
    }
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
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
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const [label, labelStyle] = LEVELS.get(level) ?? ['fatal', 'red']
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const parts = [
    style('dim', String(time).slice(11, 19)),
    style(labelStyle, label),
    typeof msg === 'string' ? msg : '',
    style('dim', pairs.join(' ')),
  ]
  return parts.join(' ').trimEnd()
}
