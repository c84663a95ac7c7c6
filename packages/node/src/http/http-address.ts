import { isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { AddressInUseError, InvalidConfigError } from '@signpost/dns'
import { AddressUnavailableError } from '../config-errors.ts'
import { sourceOf } from '../dht/source.ts'

/** Where a node serves HTTP. */
export interface HttpAddress {
  /** An IPv4 or IPv6 address, without brackets. 127.0.0.1 where absent. */
  readonly host?: string
  /** 0 takes any free one. */
  readonly port: number
}

/** @throws InvalidConfigError */
export function readHttpAddress({ host = '127.0.0.1', port }: HttpAddress): Required<HttpAddress> {
  if (isIP(host) === 0)
    throw new InvalidConfigError(
      'http.host',
      `${JSON.stringify(host)} is no IP address, such as 127.0.0.1 or ::1`,
    )
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidConfigError('http.port', `${port} is no port, a whole number from 0 to 65535`)
  return { host, port }
}

/** The base URL of what listens there. */
export function urlOf({ host, port }: Required<HttpAddress>): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What kept a server from listening; the error itself where it was something else. */
export function httpListenError(error: unknown, address: Required<HttpAddress>): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const url = urlOf(address)
  if (code === 'EADDRINUSE')
    return new AddressInUseError([url], 'choose another port (port 0 takes any free one)', { cause: error })
  return /^E(ADDRNOTAVAIL|ACCES|AFNOSUPPORT|INVAL|PERM)$/.test(code)
    ? new AddressUnavailableError([url], code, { cause: error })
    : error
}

/** Who somebody is that comes from an address, as for peers of the DHT; all programs of this machine are one. */
export function sourceOfClient(remoteAddress: string | undefined): string {
  const [address = ''] = (remoteAddress ?? '').split('%')
  const family = isIP(address)
  return sourceOf('http', family === 0 ? undefined : multiaddr(`/ip${family}/${address}/tcp/0`))
}
