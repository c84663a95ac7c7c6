import { InvalidConfigError } from '@signpost/dns'
import { parseDomain } from '../domain-option.ts'
import type { Endpoint } from '../endpoint.ts'
import { printEndpoint } from '../endpoint.ts'
import { LOOPBACK, type Network, addressOctets, isInAny, maskOctets, parseNetwork } from './network.ts'
import type { RebindingOptions, Trusted } from './rebinding.ts'

export interface ProtectionOptions {
  readonly allow?: readonly string[]
  readonly unlimited?: readonly string[]
  readonly rebinding?: RebindingOptions
}

export interface ProtectionSettings {
  readonly allow: readonly Network[]
  readonly unlimited: readonly Network[]
  /** Undefined where any name may lead to private addresses. */
  readonly rebinding: Trusted | undefined
}

/**
 * @param listening every address at which queries are taken.
 * @throws InvalidConfigError
 */
export function readProtection(
  { allow, unlimited, rebinding = {} }: ProtectionOptions,
  listening: readonly Endpoint[],
): ProtectionSettings {
  if (allow === undefined) refuseOpenListeners(listening)
  return {
    allow: readAllow(allow),
    unlimited: unlimited === undefined ? LOOPBACK : readNetworks(unlimited, 'unlimited'),
    rebinding: readRebinding(rebinding),
  }
}

/** Nobody shall come to be open to the world, or closed to those it was set up for, for want of a line. */
function refuseOpenListeners(listening: readonly Endpoint[]): void {
  const open = listening.find(({ host }) => !isLoopback(host))
  if (open === undefined) return
  throw new InvalidConfigError(
    'allow',
    `${printEndpoint(open)} is reached from other machines, and it does not say which of them may ask; ` +
      `give their networks, such as ${exampleFor(open.host)}`,
  )
}

function isLoopback(host: string): boolean {
  const octets = addressOctets(host)
  return octets !== undefined && isInAny(octets, LOOPBACK)
}

/** The network that a listener is most likely there for. */
function exampleFor(host: string): string {
  const octets = addressOctets(host)
  if (octets?.length === 4 && octets[0] !== 0) return `${maskOctets(octets, 24).join('.')}/24`
  return octets?.length === 16 ? 'fd00::/8' : '192.168.0.0/16'
}

// This machine may always ask, unless the list says itself which part of it may: else a list of the others would
// lock it out.
function readAllow(allow: readonly string[] | undefined): readonly Network[] {
  if (allow === undefined) return LOOPBACK
  if (allow.length === 0)
    throw new InvalidConfigError('allow', 'it is empty; leave it out, and this machine alone may ask')
  const listed = readNetworks(allow, 'allow')
  return listed.some(({ octets }) => isInAny(octets, LOOPBACK)) ? listed : [...LOOPBACK, ...listed]
}

function readNetworks(texts: readonly string[], option: string): Network[] {
  return texts.map((text, n) => {
    const network = parseNetwork(text)
    if (typeof network === 'string') throw new InvalidConfigError(`${option}[${n}]`, network)
    return network
  })
}

function readRebinding({
  protect = true,
  exceptions = [],
  zones = 'petnames',
  trustsZone,
}: RebindingOptions): Trusted | undefined {
  if (!['petnames', 'all', 'none'].includes(zones))
    throw new InvalidConfigError(
      'rebinding.zones',
      `it is ${JSON.stringify(zones)}; give "petnames", "all" or "none"`,
    )
  const domains = exceptions.map((text, n) => parseDomain(text, `rebinding.exceptions[${n}]`))
  return protect ? { domains, zones, ...(trustsZone && { trustsZone }) } : undefined
}
