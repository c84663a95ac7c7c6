import { parseIpv6 } from '@signpost/dns'

/** Octets of an IPv6 address that a site has at least: whoever has one address has all with these (RFC 6177). */
const SITE_OCTETS = 8

/**
 * Whom an address belongs to, as far as limits per client go: an IPv4 address stands for itself, an IPv6 address for
 * its first 64 bits.
 */
export function clientNetwork(address: string): string {
  const octets = parseIpv6(address.split('%', 1)[0] as string)
  return octets === undefined ? address : `${octets.subarray(0, SITE_OCTETS).join('.')}/64`
}
