import { hostname, networkInterfaces } from 'node:os'

/**
 * The names for which a certificate is made here: this machine's, and every address at which it is reached.
 * @param hosts addresses that are listened on; one that stands for all is taken for those that the machine has now.
 */
export function ownNames(hosts: readonly string[]): string[] {
  const addresses = hosts.flatMap(host => (isWildcard(host) ? machineAddresses(host) : host))
  return [...new Set(['localhost', hostname(), ...addresses])]
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function machineAddresses(wildcard: string): string[] {
  const family = wildcard === '::' ? 'IPv6' : 'IPv4'
  return Object.values(networkInterfaces()).flatMap(addresses =>
    (addresses ?? []).filter(address => address.family === family).map(({ address }) => address),
  )
}
