import { InvalidConfigError } from '@signpost/dns'

/**
 * A network of peers that keep each other's signed records.
 *
 * - `lan`: the local network's, which IPFS nodes share; found by mDNS, and works with no internet at all. Its
 *   nodes dial private addresses only, and bootstrap addresses that the user gave.
 * - `private`: a network of the user's own. Its protocol has a name that no other network speaks, so it can
 *   span sites without a packet from strangers' routing tables. Peers are found through the bootstrap list.
 */
export type Network = { readonly kind: 'lan' } | { readonly kind: 'private'; readonly name: string }

/** How a network looks on the wire and on disk. */
export interface NetworkProfile {
  /** For logs, and for the prefixes that keep two DHTs of one host apart. */
  readonly id: string
  /** The DHT's protocol ID. */
  readonly protocol: string
  /** Under which the DHT keeps its keys in the datastore. */
  readonly datastorePrefix: string
  /** The mDNS service (RFC 6763) by which its nodes find each other on a link. */
  readonly serviceTag: string
  /** Where false, only private addresses (and bootstrap addresses) are ever dialled. */
  readonly dialsPublicAddresses: boolean
}

/** Characters in the name of a private network; it is part of a protocol ID and of an mDNS name. */
export const MAX_NETWORK_NAME_LENGTH = 32

/** @throws InvalidConfigError for another kind, or a name that is no short host-name label (RFC 1123, section 2.1). */
export function profileOf(network: Network): NetworkProfile {
  if (network.kind === 'lan')
    return {
      id: 'lan',
      protocol: '/ipfs/lan/kad/1.0.0',
      datastorePrefix: '/dht-lan',
      serviceTag: '_p2p._udp.local',
      dialsPublicAddresses: false,
    }
  // Options come from programs without types and from files too.
  if ((network as { kind: unknown }).kind !== 'private')
    throw new InvalidConfigError(
      'network.kind',
      `${JSON.stringify(network.kind)} is neither "lan" nor "private"`,
    )
  const { name } = network
  if (name.length > MAX_NETWORK_NAME_LENGTH || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new InvalidConfigError(
      'network.name',
      `${JSON.stringify(name)} is no network name; use up to ${MAX_NETWORK_NAME_LENGTH} ` +
        'lower-case letters, digits and hyphens, as in "acme-prod"',
    )
  return {
    id: `private-${name}`,
    protocol: `/signpost/${name}/kad/1.0.0`,
    datastorePrefix: `/dht-private-${name}`,
    serviceTag: `_signpost-${name}._udp.local`,
    dialsPublicAddresses: true,
  }
}
