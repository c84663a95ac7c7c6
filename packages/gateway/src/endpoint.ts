import { isIP } from 'node:net'
import { InvalidConfigError, parseIpv4, parseIpv6 } from '@signpost/dns'

/** An IP address and a port. */
export interface Endpoint {
  /** An IPv4 or IPv6 literal, an IPv6 one without brackets. */
  readonly host: string
  readonly port: number
}

export function printEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`
}

/** The same for all ways in which an IP address may be written. */
export function keyOfHost(host: string): string {
  const [address = '', ...zone] = host.split('%')
  const octets = parseIpv4(address) ?? parseIpv6(address)
  return [octets === undefined ? address : Buffer.from(octets).toString('hex'), ...zone].join('%')
}

/** @throws InvalidConfigError for what is no IP address, or a port below `minPort`. */
export function checkEndpoint(at: Endpoint, option: string, minPort: number): void {
  if (isIP(at.host) === 0)
    throw new InvalidConfigError(
      `${option}.host`,
      `it is ${JSON.stringify(at.host)}; give an IP address: a name would need the DNS that this is`,
    )
  checkPort(at.port, `${option}.port`, minPort)
}

/** @throws InvalidConfigError */
export function checkPort(port: number, option: string, min: number): void {
  if (!Number.isInteger(port) || port < min || port > 65_535)
    throw new InvalidConfigError(option, `it is ${String(port)}; give a whole number from ${min} to 65535`)
}
