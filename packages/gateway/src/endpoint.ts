import { isIP } from 'node:net'
import { InvalidConfigError } from '@signpost/dns'

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
