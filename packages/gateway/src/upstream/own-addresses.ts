import { networkInterfaces } from 'node:os'
import { parseIpv4, parseIpv6 } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** The addresses of this machine's network interfaces. */
export function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(addresses =>
    (addresses ?? []).map(({ address }) => address),
  )
}

/**
 * Whether what is sent there comes to one of these sockets: the same address and port, or any address of this machine
 * where a socket listens on all of them.
 * @param interfaces addresses of this machine.
 */
export function isOwn(to: Endpoint, listening: readonly Endpoint[], interfaces: readonly string[]): boolean {
  const address = keyOf(to.host)
  // Whoever connects to no address in particular comes to this machine.
  const isHere =
    isUnspecified(address) || isLoopback(address) || interfaces.some(own => keyOf(own) === address)
  return listening.some(({ host, port }) => {
    if (port !== to.port) return false
    const own = keyOf(host)
    return own === address || (isHere && isUnspecified(own)) || (isUnspecified(address) && isLoopback(own))
  })
}

/** The same for every spelling of an address. */
function keyOf(host: string): string {
  const [text = '', scope] = host.split('%', 2)
  const octets = parseIpv4(text) ?? parseIpv6(text)
  if (octets === undefined) return host
  const isMapped = octets.length === 16 && MAPPED.every((octet, at) => octets[at] === octet)
  const key = (isMapped ? octets.subarray(12) : octets).join('.')
  return scope === undefined ? key : `${key}%${scope}`
}

function isUnspecified(key: string): boolean {
  return /^0(?:\.0)*$/.test(key)
}

function isLoopback(key: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(key) || key === keyOf('::1')
}
