import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { Limits } from '../limits.ts'
import { ClientCookies } from './client-cookies.ts'
import { ConnectionPool, type PoolLimits } from './connection-pool.ts'
import { createDial } from './dial.ts'
import type { Exchange } from './exchange.ts'
import type { HostAddresses } from './host-addresses.ts'
import { monotonicNow } from './monotonic.ts'
import { createUdpExchange } from './udp-exchange.ts'

export interface ExchangesParts {
  readonly hosts: HostAddresses
  /** Certificates, PEM, that take the place of those that Node trusts. */
  readonly ca: string | undefined
  readonly limits: PoolLimits & Pick<Limits, 'upstreamForgeries'>
}

/** Every way to ask a server, and the connections that are kept for it. */
export interface Exchanges {
  readonly exchange: Exchange
  /** Ends everything that is under way. */
  close(): void
}

export function createExchanges({ hosts, ca, limits }: ExchangesParts): Exchanges {
  const dial = createDial({ addressesOf: async host => hosts.addressesOf(host), ca })
  const pool = new ConnectionPool({ dial, limits })
  const cookies = new ClientCookies(randomBytes)
  const overUdp = createUdpExchange({ overTcp: pool.exchange, cookies, limits })

  const overUdpByName: Exchange = async (server, request, timeout, signal) => {
    const deadline = monotonicNow() + timeout
    const addresses = await within(timeout, hosts.addressesOf(server.host))
    if (addresses === undefined) return { kind: 'silence' }
    const [host] = addresses
    if (host === undefined) return { kind: 'unreachable', reason: `no address of ${server.host} is known` }
    const left = deadline - monotonicNow()
    return left > 0 ? overUdp({ ...server, host }, request, left, signal) : { kind: 'silence' }
  }

  const exchange: Exchange = async (server, request, timeout, signal) => {
    const isNamed = isIP(server.host) === 0
    const by = server.protocol !== 'udp' ? pool.exchange : isNamed ? overUdpByName : overUdp
    const result = await by(server, request, timeout, signal)
    if (isNamed && result.kind !== 'reply' && !signal.aborted) hosts.doubt(server.host)
    return result
  }

  return {
    exchange,
    close: () => {
      pool.close()
    },
  }
}

/** Undefined where it takes too long. @param timeout milliseconds. */
async function within<T>(timeout: number, wait: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, timeout, undefined)
  })
  try {
    return await Promise.race([wait, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
