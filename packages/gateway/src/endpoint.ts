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
