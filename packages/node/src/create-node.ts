import { composeNode } from './compose-node.ts'
import { type NodeOptions, readNodeOptions } from './node-options.ts'
import type { Node } from './node.ts'

/**
 * Starts a node. It is ready when it listens; peers come in as they are found, and their absence is no error.
 *
 * @throws InvalidConfigError (INVALID_CONFIG) for an option that cannot be honoured.
 * @throws AddressInUseError (ADDRESS_IN_USE), AddressUnavailableError (ADDRESS_UNAVAILABLE) where it cannot listen.
 * @throws StoreLockedError (STORE_LOCKED), StoreUnreadableError (STORE_UNREADABLE) for its data directory.
 */
export async function createNode(options: NodeOptions = {}): Promise<Node> {
  const { node } = await composeNode(readNodeOptions(options))
  return node
}
