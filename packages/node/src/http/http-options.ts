import { isIP } from 'node:net'
import { AddressInUseError, InvalidConfigError } from '@signpost/dns'
import { AddressUnavailableError } from '../config-errors.ts'
import { isProxyAddress } from './clients.ts'

/** Where, and for whom, a node serves HTTP. */
export interface HttpOptions {
  /** An IPv4 or IPv6 address, without brackets. 127.0.0.1 where absent. */
  readonly host?: string
  /** 0 takes any free one. */
  readonly port: number
  /**
   * Addresses, or networks as in `10.0.0.0/8`, of reverse proxies that write their clients into X-Forwarded-For, so that
   * each client has a share of its own. Whoever else sends that header is not believed. None where absent.
   */
  readonly proxies?: readonly string[]
  /**
   * Whether web pages of any site may read (CORS): a page can then tell which zones this machine has looked up. False
   * where absent.
   */
  readonly cors?: boolean
}

/** @throws InvalidConfigError */
export function readHttpOptions(options: HttpOptions): Required<HttpOptions> {
  const { host = '127.0.0.1', port, proxies = [], cors = false } = options
  if (isIP(host) === 0)
    throw new InvalidConfigError(
      'http.host',
      `${JSON.stringify(host)} is no IP address, such as 127.0.0.1 or ::1`,
    )
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidConfigError('http.port', `${port} is no port, a whole number from 0 to 65535`)
  for (const [at, proxy] of proxies.entries())
    if (!isProxyAddress(proxy))
      throw new InvalidConfigError(
        `http.proxies[${at}]`,
        `${JSON.stringify(proxy)} is no IP address or network, such as 192.0.2.1 or 10.0.0.0/8`,
      )
  return { host, port, proxies, cors }
}

/** The base URL of what listens there. */
export function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What kept a server from listening; the error itself where it was something else. */
export function httpListenError(error: unknown, address: Required<HttpOptions>): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const url = urlOf(address)
  if (code === 'EADDRINUSE')
    return new AddressInUseError([url], 'choose another port (port 0 takes any free one)', { cause: error })
  return /^E(ADDRNOTAVAIL|ACCES|AFNOSUPPORT|INVAL|PERM)$/.test(code)
    ? new AddressUnavailableError([url], code, { cause: error })
    : error
}
