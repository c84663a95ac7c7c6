import { autoNAT } from '@libp2p/autonat'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { dcutr } from '@libp2p/dcutr'
import { identifyPush } from '@libp2p/identify'
import type { uPnPNAT } from '@libp2p/upnp-nat'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/**
 * - `none`: others reach this node directly, or not at all. It reads and publishes all the same.
 * - `use`: a peer that relays for others passes their connections on, and both ends then try to connect directly.
 *   Relayed connections are limited in time and octets, and carry no DHT.
 * - `serve`: this node relays for others, within the limits of {@link RELAY_LIMITS}.
 */
export type Relay = 'none' | 'use' | 'serve'

export interface Reachability {
  /** Whether to ask peers if this node is reached from the internet, and the router to let them in. */
  readonly nat: boolean
  readonly relay: Relay
  /** Addresses under which others reach this node, beside those that it sees itself. */
  readonly announce: readonly Multiaddr[]
}

/** What a relay gives away: a bounded number of places, each for a bounded time and traffic (circuit relay v2). */
export const RELAY_LIMITS: {
  readonly reservations: number
  readonly milliseconds: number
  readonly octets: bigint
} = { reservations: 64, milliseconds: 120_000, octets: 131_072n }

const LISTEN_AT_RELAYS = '/p2p-circuit'

/** The parts of a libp2p host by which others reach it. */
export interface ReachabilityParts {
  readonly transports: NonNullable<Libp2pOptions['transports']>
  readonly services: NonNullable<Libp2pOptions['services']>
  readonly listen: readonly string[]
}

export async function reachabilityParts({ nat, relay }: Reachability): Promise<ReachabilityParts> {
  const relays = nat || relay === 'use'
  return {
    // Also to dial those that only a relay reaches.
    transports: relays ? [circuitRelayTransport()] : [],
    services: {
      // AutoNAT is what makes a node's own public address believed, UPnP what makes it; a DHT serves the public network
      // from then on, and push is how peers hear of it.
      ...(nat ? { identifyPush: identifyPush(), autoNAT: autoNAT(), upnpNAT: await portMapping() } : {}),
      ...(relays ? { dcutr: dcutr() } : {}),
      ...(relay === 'serve' ? { relay: relayServer() } : {}),
    },
    listen: relay === 'use' ? [LISTEN_AT_RELAYS] : [],
  }
}

// A tenth of a second and 5 MB to load, for the few nodes that need it.
async function portMapping(): Promise<ReturnType<typeof uPnPNAT>> {
  const { uPnPNAT } = await import('@libp2p/upnp-nat')
  return uPnPNAT()
}

function relayServer(): ReturnType<typeof circuitRelayServer> {
  const { reservations, milliseconds, octets } = RELAY_LIMITS
  return circuitRelayServer({
    reservations: {
      maxReservations: reservations,
      defaultDurationLimit: milliseconds,
      defaultDataLimit: octets,
    },
  })
}
