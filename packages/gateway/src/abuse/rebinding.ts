import type { ZoneId } from '@signpost/core'
import { type Name, type Rdata, type ResourceRecord, RrType, type SvcParam, printRdata } from '@signpost/dns'
import { isUnder, locate } from '../names.ts'
import { isInAny, isMapped, networks } from './network.ts'

/** Which answers may hold private addresses. */
export interface RebindingOptions {
  /** True where absent. */
  readonly protect?: boolean
  /** Domains whose owners are trusted: they and all names below them may have private addresses. */
  readonly exceptions?: readonly string[]
  /**
   * Which signed zones may have them: those that are asked for by a petname (where absent), since the user knows their
   * owners; `all` of them; or `none`.
   */
  readonly zones?: 'petnames' | 'all' | 'none'
  /** Further zones whose owners the user knows, such as those that a node keeps alive for them; not with `none`. */
  readonly trustsZone?: (zoneId: ZoneId) => boolean
}

/**
 * "This host", private (RFC 1918), shared (RFC 6598), loopback, link-local and limited broadcast addresses, and those
 * between a home and its provider (DS-Lite); RFC 6890, section 2.2.2.
 */
const PRIVATE_IPV4 = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/29',
  '192.168.0.0/16',
  '255.255.255.255/32',
)
/**
 * Unspecified, loopback and IPv4-compatible; IPv4-translated (RFC 2765, section 2.1); a network's own NAT64 (RFC 8215);
 * unique local (RFC 4193); link-local; site-local (RFC 3879).
 */
const PRIVATE_IPV6 = networks(
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b:1::/48',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
)
/** What is made IPv4 of again by NAT64 (RFC 6052, section 2.1), with the address at its end, and 6to4 (RFC 3056, section 2). */
const NAT64 = networks('64:ff9b::/96')
const SIX_TO_FOUR = networks('2002::/16')

/** Service parameters that hold addresses (RFC 9460, section 7.3). */
const HINT_OCTETS: ReadonlyMap<number, number> = new Map([
  [4, 4],
  [6, 16],
])

/** The first private address that an answer leads to, as text; hints in HTTPS and SVCB records count. */
export function privateAddressIn(records: readonly ResourceRecord[]): string | undefined {
  for (const { rdata } of records) {
    const address = privateAddress(rdata)
    if (address !== undefined) return address
  }
  return undefined
}

// Looked at for every answer that goes out, so without making arrays of what is one address.
function privateAddress(rdata: Rdata): string | undefined {
  if (rdata.kind === 'A' || rdata.kind === 'AAAA')
    return isPrivate(rdata.address) ? printAddress(rdata.address) : undefined
  // One that breaks the rules of its type has other rdata, and no client takes hints of it (RFC 9460, section 2.2).
  const hint = addressesIn(rdata).find(isPrivate)
  return hint && printAddress(hint)
}

/** The addresses that a record leads to. */
export function addressesIn(rdata: Rdata): readonly Uint8Array[] {
  if (rdata.kind === 'A' || rdata.kind === 'AAAA') return [rdata.address]
  return rdata.kind === 'SVCB' || rdata.kind === 'HTTPS' ? rdata.params.flatMap(hintsIn) : NO_ADDRESSES
}

const NO_ADDRESSES: readonly Uint8Array[] = []

function hintsIn({ key, value }: SvcParam): Uint8Array[] {
  const width = HINT_OCTETS.get(key)
  if (width === undefined) return []
  return Array.from({ length: Math.floor(value.length / width) }, (_, n) =>
    value.subarray(n * width, (n + 1) * width),
  )
}

/** Whether an address leads somewhere else for everybody who asks: to their own machine or their own network. */
export function isPrivate(address: Uint8Array): boolean {
  if (address.length === 4) return isInAny(address, PRIVATE_IPV4)
  if (isMapped(address) || isInAny(address, PRIVATE_IPV6)) return true
  if (isInAny(address, NAT64)) return isInAny(address.subarray(12), PRIVATE_IPV4)
  return isInAny(address, SIX_TO_FOUR) && isInAny(address.subarray(2, 6), PRIVATE_IPV4)
}

function printAddress(address: Uint8Array): string {
  return address.length === 4
    ? printRdata(RrType.A, { kind: 'A', address })
    : printRdata(RrType.AAAA, { kind: 'AAAA', address })
}

/** Who is trusted with private addresses. */
export interface Trusted {
  /** The exceptions. */
  readonly domains: readonly Name[]
  readonly zones: NonNullable<RebindingOptions['zones']>
  readonly trustsZone?: (zoneId: ZoneId) => boolean
}

/**
 * Whether a name may lead to private addresses. What counts is the name that was asked for, since a page is loaded from
 * that: a stranger's alias to a trusted name is a stranger's all the same.
 */
export function isTrusted(name: Name, trusted: Trusted, suffixes: readonly Name[]): boolean {
  const { domains, zones, trustsZone } = trusted
  if (isUnder(name, domains)) return true
  // To somebody who knows no petname, a zone that is asked for by one is unknown.
  const place = locate(name, suffixes, () => undefined)
  switch (place.kind) {
    case 'zone':
      return zones === 'all' || (zones === 'petnames' && trustsZone?.(place.view.zoneId) === true)
    case 'unknown':
    case 'suffix':
      return zones !== 'none'
    case 'ordinary':
    case 'bare':
      return false
  }
}
