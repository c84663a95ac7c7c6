/** Plain facts beside a message, for programs that read logs. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * Where a node says what happens to it. `warn` is for what the user may have to act on; `debug` for what only
 * somebody who looks for a fault wants to see.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

function ignore(): void {}

export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
