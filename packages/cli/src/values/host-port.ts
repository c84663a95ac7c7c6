import { isIP } from 'node:net'
import { UsageError } from '../errors.ts'

export interface HostPort {
  /** An IPv4 or IPv6 address, never a host name: nothing at start-up may need DNS. */
  readonly host: string
  readonly port: number
}

export interface HostPortOptions {
  /** What an address alone has. */
  readonly defaultPort?: number
  readonly allowPortZero?: boolean
  /** What errors write as an example: never the port of another thing. */
  readonly examplePort?: number
}

/**
 * Reads `127.0.0.1:5300` and `[::1]:5300`, and an address alone where there is a default port.
 * @throws UsageError
 */
export function parseHostPort(text: string, options: HostPortOptions = {}): HostPort {
  const [host, port] = split(text)
  const { examplePort = 5300 } = options
  if (isIP(host) === 0)
    throw new UsageError(
      host === 'localhost'
        ? `"${text}" names a host; write its address: 127.0.0.1 or [::1]`
        : `"${text}" has no IP address in front; write it as 127.0.0.1:${examplePort} or [::1]:${examplePort}`,
    )
  if (port === undefined) {
    if (options.defaultPort === undefined)
      throw new UsageError(`"${text}" has no port; write it as ${printHostPort({ host, port: examplePort })}`)
    return { host, port: options.defaultPort }
  }
  const value = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN
  const least = options.allowPortZero === true ? 0 : 1
  if (!(value >= least && value <= 65_535))
    throw new UsageError(`"${port}" in "${text}" is no port; a port is a number from ${least} to 65535`)
  return { host, port: value }
}

export function printHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function split(text: string): [host: string, port: string | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) return [bracketed[1] as string, bracketed[2]]
  if (isIP(text) === 6) return [text, undefined]
  const colon = text.lastIndexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}
