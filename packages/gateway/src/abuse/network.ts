import { parseIpv4, parseIpv6 } from '@signpost/dns'

/** A prefix of addresses of one family. */
export interface Network {
  /** Four octets or sixteen. Those behind the prefix are zero. */
  readonly octets: Uint8Array
  readonly bits: number
}

/** The first twelve octets of IPv4 addresses in IPv6 sockets (RFC 4291, section 2.5.5.2). */
const MAPPED_OCTETS = 12
const MAPPED_BITS = 96

/**
 * The octets of an address: four where it is IPv4, also in the guise of IPv6 (`::ffff:192.0.2.1`), else sixteen.
 * Undefined where it is none. The name of an interface (`fe80::1%eth0`) counts for nothing.
 */
export function addressOctets(text: string): Uint8Array | undefined {
  const octets = parseIpv4(text) ?? parseIpv6(text.split('%', 1)[0] as string)
  return octets !== undefined && isMapped(octets) ? octets.subarray(MAPPED_OCTETS) : octets
}

/** An IPv4 address in the guise of IPv6. */
export function isMapped(octets: Uint8Array): boolean {
  if (octets.length !== 16 || octets[10] !== 0xff || octets[11] !== 0xff) return false
  for (let at = 0; at < 10; at++) if (octets[at] !== 0) return false
  return true
}

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone. A network of IPv4 addresses in the guise of IPv6 is one
 * of IPv4.
 * @returns a problem in words where it is none.
 */
export function parseNetwork(text: string): Network | string {
  const [address = '', length, ...rest] = text.split('/')
  const octets = parseIpv4(address) ?? parseIpv6(address)
  if (octets === undefined || rest.length > 0) return `it is ${JSON.stringify(text)}; ${EXAMPLES}`
  const width = octets.length * 8
  const bits = length === undefined ? width : readBits(length, width)
  if (bits === undefined)
    return `it is ${JSON.stringify(text)}; give a whole number from 0 to ${width} behind the slash`
  if (isMapped(octets) && bits >= MAPPED_BITS)
    return networkOf(octets.subarray(MAPPED_OCTETS), bits - MAPPED_BITS, text)
  return networkOf(octets, bits, text)
}

const EXAMPLES = 'give an address or a network, such as 192.168.1.0/24 or fd00::/8'

function readBits(text: string, most: number): number | undefined {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : most + 1
  return bits <= most ? bits : undefined
}

// Octets behind the prefix are more likely a slip of the pen than a way to name the network around an address.
function networkOf(octets: Uint8Array, bits: number, text: string): Network | string {
  const masked = maskOctets(octets, bits)
  return masked.every((octet, at) => octet === octets[at])
    ? { octets: masked, bits }
    : `it is ${JSON.stringify(text)}, an address with more than ${bits} bits; give the network, or the address alone`
}

/** The same address with zeros behind the first `bits` bits. */
export function maskOctets(octets: Uint8Array, bits: number): Uint8Array {
  const masked = new Uint8Array(octets.length)
  for (let at = 0; at * 8 < bits; at++)
    masked[at] = (octets[at] as number) & (0xff << Math.max(0, 8 * (at + 1) - bits))
  return masked
}

/** @param address as {@link addressOctets} gives it. */
export function isIn(address: Uint8Array, { octets, bits }: Network): boolean {
  if (address.length !== octets.length) return false
  const whole = bits >>> 3
  for (let at = 0; at < whole; at++) if (address[at] !== octets[at]) return false
  const difference = (address[whole] ?? 0) ^ (octets[whole] ?? 0)
  return difference >>> (8 - (bits & 7)) === 0
}

export function isInAny(address: Uint8Array, networks: readonly Network[]): boolean {
  for (const network of networks) if (isIn(address, network)) return true
  return false
}

/** Networks that are written in this program. @throws TypeError for what is none. */
export function networks(...texts: readonly string[]): Network[] {
  return texts.map(text => {
    const network = parseNetwork(text)
    if (typeof network === 'string') throw new TypeError(network)
    return network
  })
}

/** All addresses of this machine that no other machine can have (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
export const LOOPBACK: readonly Network[] = networks('127.0.0.0/8', '::1')
