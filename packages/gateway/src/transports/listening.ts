import { AddressInUseError, InvalidConfigError } from '@signpost/dns'
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
      return new AddressInUseError([address], `listen elsewhere: --dns ${printEndpoint(elsewhere(at))}`, {
        cause: error,
      })
    case 'EACCES':
      return new InvalidConfigError(
        'listen',
        `this user may not listen on ${address}: ports below 1024 need root or the capability ` +
          `CAP_NET_BIND_SERVICE; listen on a higher one: --dns ${printEndpoint({ ...at, port: 5300 })}`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new InvalidConfigError(
        'listen',
        `${at.host} is no address of this machine, so nothing can listen on ${address}; 127.0.0.1 always is`,
        { cause: error },
      )
    default:
      return error
  }
}

function elsewhere({ host, port }: Endpoint): Endpoint {
  return { host, port: port === 5300 ? 5301 : 5300 }
}
