import type { ResourceRecord } from '@signpost/dns'
import { isInAny, networks } from '../../abuse/network.ts'
import { addressesIn, isPrivate } from '../../abuse/rebinding.ts'

/** Documentation, benchmarks, multicast and what is reserved (IANA's registry of special-purpose addresses, RFC 6890). */
const NOBODYS_IPV4 = networks(
  '192.0.2.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
)
/** Discard (RFC 6666), documentation (RFC 3849, RFC 9637), segment routing (RFC 9602), multicast. */
const NOBODYS_IPV6 = networks('100::/64', '2001:db8::/32', '3fff::/20', '5f00::/16', 'ff00::/8')

/** Whether an address of four or sixteen octets can be somebody's on the internet. */
export function isGlobal(address: Uint8Array): boolean {
  return !isPrivate(address) && !isInAny(address, address.length === 4 ? NOBODYS_IPV4 : NOBODYS_IPV6)
}

/** Whether one of the addresses leads nowhere on the internet, where those before all did. */
export function leadsAstray(came: readonly ResourceRecord[], good: readonly ResourceRecord[]): boolean {
  const before = good.flatMap(({ rdata }) => addressesIn(rdata))
  return (
    before.length > 0 &&
    before.every(isGlobal) &&
    came.some(({ rdata }) => addressesIn(rdata).some(address => !isGlobal(address)))
  )
}
