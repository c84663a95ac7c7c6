import { UsageError } from '../errors.ts'

/** Which peer-to-peer network a node joins. */
export type Network = { readonly kind: 'lan' } | { readonly kind: 'private'; readonly name: string }

/** The private network that `--network private` means. */
export const DEFAULT_PRIVATE_NETWORK = 'signpost'

/** As the node has it: the name is part of a protocol ID and of an mDNS name. */
const MAX_NETWORK_NAME_LENGTH = 32

/** Reads `lan`, `private` and `private:NAME`. @throws UsageError */
export function parseNetwork(text: string): Network {
  if (text === 'lan') return { kind: 'lan' }
  if (text === 'private') return { kind: 'private', name: DEFAULT_PRIVATE_NETWORK }
  const name = /^private:([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(text)?.[1]
  if (name !== undefined && name.length <= MAX_NETWORK_NAME_LENGTH) return { kind: 'private', name }
  if (text.startsWith('private:'))
    throw new UsageError(
      `"${text}" is no network: the name of a private one has up to ${MAX_NETWORK_NAME_LENGTH} lower-case letters, digits and hyphens`,
    )
  throw new UsageError(`"${text}" is no network; write lan, private or private:NAME`)
}

export function printNetwork(network: Network): string {
  return network.kind === 'lan' ? 'lan' : `private:${network.name}`
}
