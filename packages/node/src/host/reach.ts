import type { ConnectionGater } from '@libp2p/interface'
import { isPrivate } from '@libp2p/utils'
import { CODE_P2P, type Multiaddr } from '@multiformats/multiaddr'

export interface Reach {
  /** Whether addresses beyond this machine's own networks may be dialled. */
  readonly public: boolean
  /** Addresses that the user gave, and so wants dialled wherever they are. */
  readonly bootstrap: readonly Multiaddr[]
}

/**
 * Where a host dials. Peers tell each other addresses, so without this anybody could have a LAN's nodes send
 * packets anywhere. Addresses with a host name are never dialled: a node has to work when DNS does not, and may
 * itself be what the machine asks.
 */
export function reachOnly(reach: Reach): ConnectionGater {
  const given = new Set(reach.bootstrap.map(placeOf))
  return {
    denyDialMultiaddr: address => {
      const host = address.getComponents()[0]?.name ?? ''
      if (host.startsWith('dns')) return true
      return !reach.public && !isPrivate(address) && !given.has(placeOf(address))
    },
  }
}

// An address without the peer that is said to be there.
function placeOf(address: Multiaddr): string {
  return address.decapsulateCode(CODE_P2P).toString()
}
