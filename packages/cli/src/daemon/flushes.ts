import { DaemonProtocolError } from './errors.ts'
import { UsageError } from '../errors.ts'
import { fieldsOf } from './codec.ts'
import type { Listeners } from './listeners.ts'
import type { Route } from './server.ts'
import type { Json } from './transport.ts'

/** Which cached answers go. */
export interface Flush {
  /** Those about this name; absent: all. */
  readonly name?: string
  /** Those about the names below it too. */
  readonly below: boolean
}

export function writeFlush({ name, below }: Flush): Json {
  return { name, below }
}

/** @throws DaemonProtocolError */
export function readFlush(body: Json): Flush {
  const { name, below } = fieldsOf(body)
  if ((name !== undefined && typeof name !== 'string') || typeof below !== 'boolean')
    throw new DaemonProtocolError('it says neither a name nor that all answers go')
  return name === undefined ? { below } : { name, below }
}

/**
 * The call `flush`.
 * @param flushes the gateways of other processes, which listen for as long as they run.
 * @param own the gateway of this process, where it has one.
 */
export function flushRoute(flushes: Listeners<Flush>, own: ((flush: Flush) => number) | undefined): Route {
  return async body => {
    const flush = readFlush(body)
    const others = flushes.tell(flush)
    if (own === undefined && others === 0)
      throw new UsageError('no gateway runs here: this daemon is a node alone; start one: signpost gateway')
    return { entries: own?.(flush) ?? null, others }
  }
}
