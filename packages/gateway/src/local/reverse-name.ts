import { type Name, parseName } from '@signpost/dns'

/** The name at which an address has its PTR record (RFC 1035, section 3.5; RFC 3596, section 2.5). */
export function reverseName(address: Uint8Array): Name {
  if (address.length === 4) return parseName(`${[...address].toReversed().join('.')}.in-addr.arpa.`)
  const nibbles = [...address].flatMap(octet => [octet >> 4, octet & 15])
  return parseName(
    `${nibbles
      .toReversed()
      .map(nibble => nibble.toString(16))
      .join('.')}.ip6.arpa.`,
  )
}
