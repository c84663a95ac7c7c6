import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { domainToASCII } from 'node:url'
import { addressOctets } from '../../abuse/network.ts'

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

/**
 * The names as certificates have them (RFC 5280, section 4.2.1.6), each once: addresses without their interface, IPv4 as
 * such, host names in ASCII. What is no name at all is left out.
 */
export function certifiable(names: readonly string[]): string[] {
  const forms = names.map(name => (isIP(name) === 0 ? hostForm(name) : addressForm(name)))
  return [...new Set(forms.filter(form => form !== ''))]
}

function hostForm(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name)
}

function addressForm(address: string): string {
  const octets = addressOctets(address)
  return octets?.length === 4 ? octets.join('.') : (address.split('%', 1)[0] as string)
}
