import { AddressInUseError, InvalidConfigError } from '../errors.ts'
import { type Endpoint, printEndpoint } from '../endpoint.ts'
import type { Transport } from '../query.ts'

/** A socket that takes queries. */
export interface Listening {
  readonly transport: Transport
  readonly host: string
  /** The real one, where port 0 was asked for. */
  readonly port: number
  /** Takes no further query. Those in flight are still answered. */
  pause(): void
  /** Closes everything, answered or not. */
  close(): Promise<void>
}

/** What a bind error means for whoever configured the address. */
export function bindError(transport: Transport, at: Endpoint, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const address = `${transport.toUpperCase()} ${printEndpoint(at)}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new AddressInUseError(transport, at.host, at.port, { cause: error })
    case 'EACCES':
      return new InvalidConfigError(
        `this user may not listen on ${address}: ports below 1024 need root or the capability ` +
          `CAP_NET_BIND_SERVICE; listen on a higher one: --dns ${printEndpoint({ ...at, port: 5300 })}`,
        'listen',
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new InvalidConfigError(
        `${at.host} is no address of this machine, so nothing can listen on ${address}; 127.0.0.1 always is`,
        'listen',
        { cause: error },
      )
    default:
      return error
  }
}
