import type { Limits } from '../limits.ts'
import { LOOPBACK, type Network, addressOctets, isIn, isInAny, maskOctets } from './network.ts'
import { isPrivate } from './rebinding.ts'
import { RecentMap } from './recent-map.ts'

/** What a client's address alone says about it. */
export interface Standing {
  /** It may ask. */
  readonly allowed: boolean
  /** No rate limit applies to it. */
  readonly unlimited: boolean
  /** A program on this machine. Nobody elsewhere can ask in the guise of one. */
  readonly local: boolean
  /** Whom it counts as: one client may have as many addresses as its network has. */
  readonly network: string
  /**
   * Whom a reply harms that goes to this address, in the guise of which somebody else may have asked: somebody else's
   * whole network; in the user's own, where anybody can flood a neighbour without our help, the address alone.
   */
  readonly target: string
}

type ClientLimits = Pick<
  Limits,
  'clientsRemembered' | 'clientIpv4Bits' | 'clientIpv6Bits' | 'responseIpv4Bits' | 'responseIpv6Bits'
>

export interface ClientsParts {
  readonly allow: readonly Network[]
  readonly unlimited: readonly Network[]
  readonly limits: ClientLimits
}

const STRANGER: Standing = { allowed: false, unlimited: false, local: false, network: '', target: '' }

/** Tells clients apart by their addresses, and remembers the last ones, since the next packet is mostly theirs. */
export class Clients {
  private readonly parts: ClientsParts
  private readonly known: RecentMap<Standing>

  constructor(parts: ClientsParts) {
    this.parts = parts
    this.known = new RecentMap(parts.limits.clientsRemembered)
  }

  of(address: string): Standing {
    const known = this.known.get(address)
    if (known !== undefined) return known
    const standing = standingOf(address, this.parts)
    this.known.add(address, standing)
    return standing
  }
}

export function standingOf(address: string, { allow, unlimited, limits }: ClientsParts): Standing {
  const octets = addressOctets(address)
  if (octets === undefined || !isInAny(octets, allow)) return STRANGER
  const isIpv4 = octets.length === 4
  const targetBits = isIpv4 ? limits.responseIpv4Bits : limits.responseIpv6Bits
  return {
    allowed: true,
    unlimited: isInAny(octets, unlimited),
    local: isInAny(octets, LOOPBACK),
    network: keyOf(octets, isIpv4 ? limits.clientIpv4Bits : limits.clientIpv6Bits),
    target: keyOf(octets, isOwnNetwork(octets, allow) ? octets.length * 8 : targetBits),
  }
}

/** The least bits of a network in `allow` that is somebody's own, as registries hand them out; with fewer, it is the world. */
const OWN_BITS = { ipv4: 16, ipv6: 32 }

// One neighbour who asks all the time must not silence names for all others.
function isOwnNetwork(octets: Uint8Array, allow: readonly Network[]): boolean {
  const least = octets.length === 4 ? OWN_BITS.ipv4 : OWN_BITS.ipv6
  return isPrivate(octets) || allow.some(network => network.bits >= least && isIn(octets, network))
}

/** One text for all addresses with the same first bits. */
function keyOf(octets: Uint8Array, bits: number): string {
  return `${maskOctets(octets, bits).join('.')}/${bits}`
}
