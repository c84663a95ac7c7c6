import { type Name, RrType, parseName } from '@signpost/dns'

/** A domain that is not asked of any upstream, unless the user gives it a route of its own. */
export interface SpecialUse {
  /** The domain; names below it are meant too. */
  readonly domain: Name
  /** Says why, for people. */
  readonly source: string
  /** `loopback`: every name is this machine (RFC 6761, section 6.3). `empty`: there are no names but the domain itself. */
  readonly kind: 'loopback' | 'empty'
}

type Row = readonly [domain: string, source: string, kind?: SpecialUse['kind']]

const V6_ZEROS = '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0'

/**
 * Every such domain. Not here, since resolvers shall treat them as any other: `example` (RFC 6761, section 6.5) and
 * `ipv4only.arpa`, by which clients find the prefix of a NAT64 that is the upstream's (RFC 8880, section 7.1).
 */
const ROWS: readonly Row[] = [
  ['localhost.', 'RFC 6761, section 6.3', 'loopback'],
  ['invalid.', 'RFC 6761, section 6.4'],
  ['test.', 'RFC 6761, section 6.2'],
  ['local.', 'RFC 6762, section 22.1: it is for multicast DNS'],
  ['onion.', 'RFC 7686, section 2: it is for Tor'],
  ['alt.', 'RFC 9476, section 2: it is for names outside of DNS'],
  ['internal.', 'ICANN, resolution 2024.07.29.06: it is for private use'],
  ['home.arpa.', 'RFC 8375, section 4: it is for home networks'],
  ['service.arpa.', 'RFC 9665: it is for services on a network'],
  ['resolver.arpa.', 'RFC 9462: it is about the resolver that is asked'],
  // Private networks.
  ['10.in-addr.arpa.', 'RFC 6303, section 4.1'],
  ...range(16, 31).map((n): Row => [`${n}.172.in-addr.arpa.`, 'RFC 6303, section 4.1']),
  ['168.192.in-addr.arpa.', 'RFC 6303, section 4.1'],
  ...range(64, 127).map((n): Row => [`${n}.100.in-addr.arpa.`, 'RFC 7793']),
  ['d.f.ip6.arpa.', 'RFC 6303, section 4.4'],
  // This host, loopback, link-local and broadcast.
  ['0.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['127.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['254.169.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['255.255.255.255.in-addr.arpa.', 'RFC 6303, section 4.2'],
  [`0.${V6_ZEROS}.ip6.arpa.`, 'RFC 6303, section 4.3'],
  [`1.${V6_ZEROS}.ip6.arpa.`, 'RFC 6303, section 4.3'],
  ...[...'89ab'].map((nibble): Row => [`${nibble}.e.f.ip6.arpa.`, 'RFC 6303, section 4.5']),
  // Documentation.
  ['2.0.192.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['100.51.198.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['113.0.203.in-addr.arpa.', 'RFC 6303, section 4.2'],
  ['8.b.d.0.1.0.0.2.ip6.arpa.', 'RFC 6303, section 4.6'],
  ['0.f.f.f.3.ip6.arpa.', 'RFC 9637'],
]

export const SPECIAL_USE: readonly SpecialUse[] = ROWS.map(([domain, source, kind = 'empty']) => ({
  domain: parseName(domain),
  source,
  kind,
}))

const BY_KEY: ReadonlyMap<string, SpecialUse> = new Map(SPECIAL_USE.map(row => [row.domain.key, row]))

/** The row of the domain that a name is at or below. */
export function specialUseOf(name: Name): SpecialUse | undefined {
  const { key } = name
  for (let at = 0; at < key.length; at += key.charCodeAt(at) + 1) {
    const row = BY_KEY.get(key.slice(at))
    if (row !== undefined) return row
  }
  return undefined
}

/**
 * Whether a question is about what is above a domain, though it has the domain's name: whoever validates behind us asks
 * the parent for the proof that the domain is not signed (RFC 4035, section 3.1.4.1; RFC 8375, section 4).
 */
export function isForParent({ domain }: SpecialUse, name: Name, type: number): boolean {
  return type === RrType.DS && name.equals(domain)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n)
}
