import { randomBytes } from 'node:crypto'
import { type ComposedNode, composeNode } from './compose-node.ts'
import { InvalidConfigError } from '@signpost/dns'
import { freezeProtocol } from './dht/freeze.ts'
import { introduce } from './host/introduce.ts'
import { type NodeOptions, readNodeOptions } from './node-options.ts'
import type { Node } from './node.ts'

/** Nodes that a testnet can have. All are in one process and each is connected with every other. */
export const MAX_TESTNET_NODES = 64

/** Options of a node in a testnet, less those that make the testnet what it is. */
export type TestnetNodeOptions = Omit<NodeOptions, 'networks' | 'listen' | 'bootstrap' | 'mdns'>

export interface TestnetOptions {
  /** How many nodes, 1 to {@link MAX_TESTNET_NODES}. */
  readonly nodes: number
  /** Options for each node, by its place in the testnet. */
  readonly options?: (at: number) => TestnetNodeOptions
}

/** A network of nodes in this process, on 127.0.0.1, that knows no other network. */
export interface Testnet extends AsyncDisposable {
  readonly nodes: readonly Node[]
  /** Lets a node of your own join: `createNode({ ...testnet.join, mode: 'client' })`. */
  readonly join: Required<Pick<NodeOptions, 'networks' | 'listen' | 'bootstrap' | 'mdns'>>
  /**
   * Makes a node go silent, as a suspended machine does: its connections stay open, and what others ask its DHT is
   * not answered. It can still ask others.
   */
  freeze(node: Node): Promise<void>
  /** Ends {@link Testnet.freeze}. What was asked meanwhile fails, what is asked from now on is answered. */
  thaw(node: Node): Promise<void>
  /** Stops all nodes. */
  stop(): Promise<void>
}

/** Peers that a node which joins is told of; it learns of the others from them. */
const BOOTSTRAP_PEERS = 3

/**
 * Starts a testnet: servers on 127.0.0.1 that keep everything in memory and find nobody by themselves. It resolves
 * when they all know each other, so the first publish reaches them and the first lookup finds it.
 *
 * ```ts
 * await using testnet = await createTestnet({ nodes: 5 })
 * ```
 * @throws InvalidConfigError
 */
export async function createTestnet(options: TestnetOptions): Promise<Testnet> {
  const { nodes: count, options: optionsAt = () => ({}) } = options
  if (!Number.isInteger(count) || count < 1 || count > MAX_TESTNET_NODES)
    throw new InvalidConfigError('nodes', `${count} is not a whole number from 1 to ${MAX_TESTNET_NODES}`)
  const place = {
    networks: [{ kind: 'private', name: `testnet-${randomBytes(8).toString('hex')}` }],
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
  } as const
  const starts = await Promise.allSettled(
    Array.from({ length: count }, (_, at) =>
      composeNode(readNodeOptions({ ...optionsAt(at), ...place }), true),
    ),
  )
  const members = starts.flatMap(start => (start.status === 'fulfilled' ? [start.value] : []))
  try {
    const failure = starts.find(start => start.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    await introduce(members.map(({ host }) => host))
  } catch (error) {
    await stopAll(members)
    throw error
  }
  const bootstrap = members.slice(0, BOOTSTRAP_PEERS).flatMap(({ node }) => node.addresses)
  return new RunningTestnet(members, { ...place, bootstrap })
}

class RunningTestnet implements Testnet {
  readonly nodes: readonly Node[]
  readonly join: Testnet['join']
  private readonly members: readonly ComposedNode[]
  private readonly thaws = new Map<Node, () => Promise<void>>()

  constructor(members: readonly ComposedNode[], join: Testnet['join']) {
    this.members = members
    this.nodes = members.map(({ node }) => node)
    this.join = join
  }

  async freeze(node: Node): Promise<void> {
    const member = this.members.find(member => member.node === node)
    if (member === undefined) throw new TypeError('the node is not one of this testnet')
    if (this.thaws.has(node)) return
    const [network] = member.host.networks
    if (network === undefined) return
    this.thaws.set(node, await freezeProtocol(member.host.libp2p, network.profile.protocol))
  }

  async thaw(node: Node): Promise<void> {
    const thaw = this.thaws.get(node)
    this.thaws.delete(node)
    await thaw?.()
  }

  async stop(): Promise<void> {
    await stopAll(this.members)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

async function stopAll(members: readonly ComposedNode[]): Promise<void> {
  await Promise.all(members.map(({ node }) => node.stop()))
}
