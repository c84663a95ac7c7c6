import {
  type Stats,
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InvalidConfigError } from '@signpost/dns'
import type { OnQuery } from '@signpost/gateway'
import type { Logger } from '@signpost/node'
import { pino } from 'pino'

const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK } = constants

/** Octets that wait for a disk that does not keep up; what is over is left out, and queries are answered all the same. */
const MAX_WAITING = 4 * 2 ** 20

/** A file of queries, a line of JSON each. */
export interface QueryLog {
  readonly isClosed: boolean
  /** Does nothing once it is closed. */
  readonly write: OnQuery
  /** Resolves once all is written, or cannot be. */
  close(): Promise<void>
}

/** Appends to a file, which it makes for this user alone. @throws InvalidConfigError where it cannot be written. */
export function openQueryLog(path: string, logger: Logger): QueryLog {
  const destination = pino.destination({ dest: openForAppending(path), sync: false, maxLength: MAX_WAITING })
  let isFailing = false
  // A full disk ends neither the log nor the gateway: it is tried again with the next query.
  destination.on('error', (error: Error) => {
    if (!isFailing) logger.warn('queries cannot be logged', { file: path, problem: error.message })
    isFailing = true
  })
  let isClosed = false
  return {
    get isClosed() {
      return isClosed
    },
    write: entry => {
      if (isClosed) return
      const { time, ...rest } = entry
      destination.write(`${JSON.stringify({ time: new Date(time).toISOString(), ...rest })}\n`)
    },
    close: async () => {
      isClosed = true
      const ended = new Promise<void>(resolve => {
        destination.once('close', resolve)
        destination.once('error', () => resolve())
      })
      destination.end()
      await ended
    },
  }
}

/** The log of the moment, as reloads leave it. */
export class QueryLogs {
  private current: QueryLog | undefined

  constructor(first: QueryLog | undefined) {
    this.current = first
  }

  /** Writes to a log. Queries that outlast it are written to the one in its place, so that its file can be moved away. */
  writerTo(log: QueryLog | undefined): OnQuery | undefined {
    return (
      log &&
      (entry => {
        const open = log.isClosed ? this.current : log
        open?.write(entry)
      })
    )
  }

  /** Resolves once all that was written to the one before is on disk. */
  async replaceBy(next: QueryLog | undefined): Promise<void> {
    const before = this.current
    this.current = next
    await before?.close()
  }
}

/** Whether a log could be written, which nothing is made for. @throws InvalidConfigError */
export function checkQueryLog(path: string): void {
  try {
    const directory = dirname(resolve(path))
    const isThere = existsSync(path)
    if (isThere && !isWritten(statSync(path))) throw new Error('it is no regular file')
    accessSync(isThere ? path : existsSync(directory) ? directory : dirname(directory), constants.W_OK)
  } catch (cause) {
    throw unusable(path, cause)
  }
}

// Opened here and not by whoever writes to it, who would go on trying after a failure.
function openForAppending(path: string): number {
  try {
    const directory = dirname(resolve(path))
    // One level: where more is missing, the path is more likely wrong.
    if (!existsSync(directory)) mkdirSync(directory)
    // A pipe that nobody reads is then an error, not something to wait for.
    const fd = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK, 0o600)
    if (isWritten(fstatSync(fd))) return fd
    closeSync(fd)
    throw new Error('it is no regular file')
  } catch (cause) {
    throw unusable(path, cause)
  }
}

// A device may be a terminal, or /dev/null.
function isWritten(file: Stats): boolean {
  return file.isFile() || file.isCharacterDevice()
}

function unusable(path: string, cause: unknown): InvalidConfigError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new InvalidConfigError(
    'query-log',
    `queries cannot be written to ${path}: ${problem}; name a file in a directory where this user may write`,
    { cause },
  )
}
