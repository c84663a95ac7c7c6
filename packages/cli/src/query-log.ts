import type { Logger } from '@signpost/node'
import type { OnQuery } from '@signpost/gateway'
import { pino } from 'pino'

/** Octets that wait for a disk that does not keep up; what is over is left out, and queries are answered all the same. */
const MAX_WAITING = 4 * 2 ** 20

/** A file of queries, a line of JSON each. */
export interface QueryLog {
  readonly write: OnQuery
  close(): void
}

/** Appends to a file, which it makes for this user alone. @throws the system's error where it cannot be opened. */
export async function openQueryLog(file: string, logger: Logger): Promise<QueryLog> {
  const destination = pino.destination({
    dest: file,
    mkdir: true,
    mode: 0o600,
    sync: false,
    maxLength: MAX_WAITING,
  })
  await new Promise<void>((resolve, reject) => {
    destination.once('ready', resolve)
    destination.once('error', reject)
  })
  let isFailing = false
  // A full disk ends neither the log nor the gateway: it is tried again with the next query.
  destination.on('error', (error: Error) => {
    if (!isFailing) logger.warn('queries cannot be logged', { file, problem: error.message })
    isFailing = true
  })
  return {
    write: entry => {
      const { time, ...rest } = entry
      destination.write(`${JSON.stringify({ time: new Date(time).toISOString(), ...rest })}\n`)
    },
    close: () => {
      destination.end()
    },
  }
}
