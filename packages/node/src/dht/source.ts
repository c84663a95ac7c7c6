import { isLoopback, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Where a request comes from, for sharing out what a DHT keeps for others. A peer ID is a key that anybody makes by
 * the thousand, an address is not: it is the address's network, as much of it as one customer commonly gets (a /24 of
 * IPv4, a /48 of IPv6, RFC 6177), the whole address on a link, and the peer itself on this machine.
 * @param address of the peer's connection; a relay's for one that comes through it.
 */
export function sourceOf(peer: string, address: Multiaddr | undefined): string {
  const host = address?.getComponents()[0]
  if (address === undefined || host?.value === undefined || isLoopback(address)) return peer
  if (isPrivate(address)) return host.value
  if (host.name === 'ip4') return `${host.value.split('.').slice(0, 3).join('.')}.0/24`
  return host.name === 'ip6' ? `${groupsOf(host.value).slice(0, 3).join(':')}::/48` : peer
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const [before, after] = [head, tail ?? ''].map(part => part.split(':').filter(group => group !== ''))
  const missing = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const groups = [...(before ?? []), ...Array.from({ length: missing }, () => '0'), ...(after ?? [])]
  return groups.map(group => group.replace(/^0+(?=.)/, ''))
}
