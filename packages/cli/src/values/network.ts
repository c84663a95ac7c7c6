import { BlockList, isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { Network } from '@signpost/node'
import { UsageError } from '../errors.ts'

/** The private network that `--network private` means. */
export const DEFAULT_PRIVATE_NETWORK = 'signpost'

/** As the node has it: the name is part of a protocol ID and of an mDNS name. */
const MAX_NETWORK_NAME_LENGTH = 32

/** Reads `lan`, `amino`, `private` and `private:NAME`. @throws UsageError */
export function parseNetwork(text: string): Network {
  if (text === 'lan' || text === 'amino') return { kind: text }
  if (text === 'private') return { kind: 'private', name: DEFAULT_PRIVATE_NETWORK }
  const name = /^private:([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(text)?.[1]
  if (name !== undefined && name.length <= MAX_NETWORK_NAME_LENGTH) return { kind: 'private', name }
  if (text.startsWith('private:'))
    throw new UsageError(
      `"${text}" is no network: the name of a private one has up to ${MAX_NETWORK_NAME_LENGTH} lower-case letters, digits and hyphens`,
    )
  throw new UsageError(`"${text}" is no network; write lan, amino, private or private:NAME`)
}

export function printNetwork(network: Network): string {
  return network.kind === 'private' ? `private:${network.name}` : network.kind
}

export interface NetworkChoice {
  /** What the user chose; undefined where nothing. */
  readonly chosen: readonly Network[] | undefined
  /** Where the node listens for peers; undefined where the user said nothing of it. */
  readonly listen: readonly string[] | undefined
  /** SIGNPOST_NO_PUBLIC_NETWORK is set: no node that is started here may join the public network. */
  readonly publicForbidden: boolean
}

/**
 * The networks to join: the local and the public one, unless the user chose others. A node that listens on this
 * machine alone is meant for this machine alone.
 * @throws UsageError for the public network where it is forbidden.
 */
export function networksToJoin({ chosen, listen, publicForbidden }: NetworkChoice): readonly Network[] {
  if (chosen === undefined) {
    const stays = publicForbidden || (listen !== undefined && listen.every(isLoopback))
    return stays ? [{ kind: 'lan' }] : [{ kind: 'lan' }, { kind: 'amino' }]
  }
  if (publicForbidden && chosen.some(({ kind }) => kind === 'amino'))
    throw new UsageError(
      '--network amino is the public network, and SIGNPOST_NO_PUBLIC_NETWORK forbids it here; choose another, or unset the variable',
    )
  return chosen
}

// RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3. The list knows every spelling of an address, an IPv4 address
// within an IPv6 one too.
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether an address that `parseMultiaddr` accepted is of this machine alone. */
function isLoopback(text: string): boolean {
  const host = multiaddr(text)
    .getComponents()
    .find(({ name }) => name === 'ip4' || name === 'ip6')?.value
  const family = isIP(host ?? '')
  return host !== undefined && family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
