import { isLoopback, isPrivate } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/**
 * Where a request comes from, for sharing out what a DHT keeps for others. A peer ID is a key that anybody makes by
 * the thousand, an address is not: it is the address's network, as much of it as one customer commonly gets (a /24 of
 * IPv4, a /48 of IPv6, RFC 6177). On a link it is the whole address of IPv4, and the /64 of IPv6, in which every machine
 * takes as many addresses as it likes (RFC 8981); on this machine the peer itself.
 * @param address of the peer's connection; a relay's for one that comes through it.
 */
export function sourceOf(peer: string, address: Multiaddr | undefined): string {
  // The zone of a link-local address stands before it.
  const host = address?.getComponents().find(({ name }) => name !== 'ip6zone')
  if (address === undefined || host?.value === undefined || isLoopback(address)) return peer
  const isOnLink = isPrivate(address)
  if (host.name === 'ip4')
    return isOnLink ? host.value : `${host.value.split('.').slice(0, 3).join('.')}.0/24`
  if (host.name !== 'ip6') return peer
  const groups = groupsOf(host.value)
  const mapped = mappedAddress(groups)
  if (mapped !== undefined) return sourceOf(peer, multiaddr(`/ip4/${mapped}`))
  return isOnLink ? `${groups.slice(0, 4).join(':')}::/64` : `${groups.slice(0, 3).join(':')}::/48`
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const [before, after] = [head, tail ?? ''].map(part => part.split(':').filter(group => group !== ''))
  const missing = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const groups = [...(before ?? []), ...Array.from({ length: missing }, () => '0'), ...(after ?? [])]
  return groups.map(group => group.replace(/^0+(?=.)/, ''))
}

/** The IPv4 address that a socket for both families gives as an IPv6 one (RFC 4291, section 2.5.5.2). */
function mappedAddress(groups: readonly string[]): string | undefined {
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return undefined
  return groups
    .slice(6)
    .map(group => Number.parseInt(group, 16))
    .flatMap(group => [group >> 8, group & 0xff])
    .join('.')
}
