import { AddressInUseError, InvalidConfigError, NotThereYetError } from '@signpost/dns'
import { addressOctets, isInAny, networks } from '../abuse/network.ts'
import { type Endpoint, printEndpoint } from '../endpoint.ts'
import type { Transport } from '../query.ts'

/** A socket that takes queries. */
export interface Listening {
  readonly transport: Transport
  readonly host: string
  /** The real one, where port 0 was asked for. */
  readonly port: number
  /** Takes no further query. Those in flight are still answered. Resolves when those are taken that came before. */
  pause(): Promise<void>
  /** Closes everything, answered or not. */
  close(): Promise<void>
}

/** The option that has the addresses of a transport, and what the command calls it. */
const OPTIONS: Readonly<Record<Transport, readonly [option: string, flag: string, elsewhere: number]>> = {
  udp: ['listen', '--dns', 5300],
  tcp: ['listen', '--dns', 5300],
  tls: ['tls', '--tls', 8530],
  https: ['https', '--https', 8443],
}

/** What a bind error means for whoever configured the address. */
export function bindError(transport: Transport, at: Endpoint, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const address = `${transport.toUpperCase()} ${printEndpoint(at)}`
  const [option, flag, port] = OPTIONS[transport]
  switch (error.code) {
    case 'EADDRINUSE': {
      const elsewhere = printEndpoint({ ...at, port: at.port === port ? port + 1 : port })
      return new AddressInUseError([address], `listen elsewhere: ${flag} ${elsewhere}`, { cause: error })
    }
    case 'EACCES':
      return new InvalidConfigError(
        option,
        `this user may not listen on ${address}: ports below 1024 need root or the capability ` +
          `CAP_NET_BIND_SERVICE; listen on a higher one: ${flag} ${printEndpoint({ ...at, port })}`,
        { cause: error },
      )
    // An address comes with its network, which may be later.
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new NotThereYetError(
        option,
        `${at.host} is no address of this machine now, so nothing can listen on ${address}; 127.0.0.1 always is`,
        { cause: error },
      )
    case 'EINVAL':
      return new InvalidConfigError(option, `nothing can listen on ${address}: ${whyInvalid(at.host)}`, {
        cause: error,
      })
    default:
      return error
  }
}

/** IPv6 addresses that are good on one interface (RFC 4291, section 2.5.6). */
const LINK_LOCAL = networks('fe80::/10')

function whyInvalid(host: string): string {
  const octets = addressOctets(host)
  if (octets !== undefined && octets.length === 4 && host.includes(':'))
    return 'it is an IPv4 address in the guise of IPv6; write it as one of IPv4'
  if (octets !== undefined && isInAny(octets, LINK_LOCAL) && !host.includes('%'))
    return `every interface may have such an address; say which one, as in ${host}%eth0`
  return 'the system does not take it as an address; give another one'
}
