import type { Limits } from '../limits.ts'
import { LOOPBACK, type Network, addressOctets, isInAny, maskOctets } from './network.ts'
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
  /** Whom a reply reaches that goes to this address, in the guise of which somebody else may have asked. */
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
  return {
    allowed: true,
    unlimited: isInAny(octets, unlimited),
    local: isInAny(octets, LOOPBACK),
    network: keyOf(octets, isIpv4 ? limits.clientIpv4Bits : limits.clientIpv6Bits),
    target: keyOf(octets, isIpv4 ? limits.responseIpv4Bits : limits.responseIpv6Bits),
  }
}

/** One text for all addresses with the same first bits. */
function keyOf(octets: Uint8Array, bits: number): string {
  return `${maskOctets(octets, bits).join('.')}/${bits}`
}
