import { InvalidConfigError } from '@signpost/dns'

/**
 * A network of peers that keep each other's signed records.
 *
 * - `lan`: the local network's, which IPFS nodes share; found by mDNS, and works with no internet at all. Its
 *   nodes dial private addresses only, and bootstrap addresses that the user gave.
 * - `amino`: the public network of IPFS, with thousands of servers all over the world. A node serves it once others
 *   can reach it from the internet, and only asks until then.
 * - `private`: a network of the user's own. Its protocol has a name that no other network speaks, so it can
 *   span sites without a packet from strangers' routing tables. Peers are found through the bootstrap list.
 */
export type Network =
  | { readonly kind: 'lan' }
  | { readonly kind: 'amino' }
  | { readonly kind: 'private'; readonly name: string }

/** How a network looks on the wire and on disk. */
export interface NetworkProfile {
  /** For logs, and for the prefixes that keep two DHTs of one host apart. */
  readonly id: string
  /** The DHT's protocol ID. */
  readonly protocol: string
  /** Under which the DHT keeps its keys in the datastore. */
  readonly datastorePrefix: string
  /** The mDNS service (RFC 6763) by which its nodes find each other on a link; undefined where they do not. */
  readonly serviceTag: string | undefined
  /** Addresses of its peers that are of use: the others are neither dialled nor told to others. */
  readonly addresses: 'private' | 'public' | 'any'
  /** Peers to join by that are in no configuration. */
  readonly bootstrap: readonly string[]
}

/**
 * The only bootstrap peer of the public network whose IP address IPFS publishes; all others are host names, which
 * are of no use where DNS is what fails. Name more with the option `bootstrap`; peers that were met are remembered.
 */
const AMINO_BOOTSTRAP: readonly string[] = [
  '/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ',
]

/** Characters in the name of a private network; it is part of a protocol ID and of an mDNS name. */
export const MAX_NETWORK_NAME_LENGTH = 32

/** @throws InvalidConfigError for another kind, or a name that is no short host-name label (RFC 1123, section 2.1). */
export function profileOf(network: Network, option: string): NetworkProfile {
  switch (network.kind) {
    case 'lan':
      return {
        id: 'lan',
        protocol: '/ipfs/lan/kad/1.0.0',
        datastorePrefix: '/dht-lan',
        serviceTag: '_p2p._udp.local',
        addresses: 'private',
        bootstrap: [],
      }
    case 'amino':
      return {
        id: 'amino',
        protocol: '/ipfs/kad/1.0.0',
        datastorePrefix: '/dht-amino',
        serviceTag: undefined,
        addresses: 'public',
        bootstrap: AMINO_BOOTSTRAP,
      }
    case 'private':
      return privateProfile(network.name, option)
    default:
      // Options come from programs without types and from files too.
      throw new InvalidConfigError(
        `${option}.kind`,
        `${JSON.stringify((network as { kind: unknown }).kind)} is neither "lan" nor "amino" nor "private"`,
      )
  }
}

function privateProfile(name: string, option: string): NetworkProfile {
  if (name.length > MAX_NETWORK_NAME_LENGTH || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new InvalidConfigError(
      `${option}.name`,
      `${JSON.stringify(name)} is no network name; use up to ${MAX_NETWORK_NAME_LENGTH} ` +
        'lower-case letters, digits and hyphens, as in "acme-prod"',
    )
  return {
    id: `private-${name}`,
    protocol: `/signpost/${name}/kad/1.0.0`,
    datastorePrefix: `/dht-private-${name}`,
    serviceTag: `_signpost-${name}._udp.local`,
    addresses: 'any',
    bootstrap: [],
  }
}

/** @throws InvalidConfigError for no network, and for one that stands twice. */
export function profilesOf(networks: readonly Network[]): NetworkProfile[] {
  const profiles = networks.map((network, at) => profileOf(network, `networks[${at}]`))
  if (profiles.length === 0)
    throw new InvalidConfigError('networks', 'it is empty; leave it out for the local network')
  for (const [at, { id }] of profiles.entries())
    if (profiles.findIndex(other => other.id === id) < at)
      throw new InvalidConfigError(`networks[${at}]`, 'this network stands before already; leave it out here')
  return profiles
}
