import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId, PeerInfo, PrivateKey } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Limit } from '@signpost/dns'
import type { Datastore } from 'interface-datastore'
import { type ConnectionManagerInit, createLibp2p } from 'libp2p'
import { type DhtOptions, type DhtService, createDht } from '../dht/dht-service.ts'
import { Join } from './join.ts'
import { KadRouting } from '../dht/kad-routing.ts'
import { listenError } from './listen-error.ts'
import type { Logger } from '../logger.ts'
import { discoverByMdns, meet, multicastProblem } from './mdns-discovery.ts'
import { areLoopback, peerOf } from './multiaddrs.ts'
import { type Network, type NetworkProfile, profilesOf } from './network.ts'
import { boundPeerMemory } from './peer-memory.ts'
import { reachOnly } from './reach.ts'
import { type Reachability, reachabilityParts } from './reachability.ts'
import { type BootstrapState, StayConnected } from './stay-connected.ts'
import { Sweeper } from '../dht/sweeper.ts'
import type { Gossip } from '../push/gossip.ts'
import { Libp2pGossip } from '../push/libp2p-gossip.ts'

/**
 * Ping streams that one connection may have at a time. libp2p's default of one outbound stream is too few for two
 * DHTs in one host: each pings a new peer before it takes it in, and the second ping fails without a word.
 */
export const PING_STREAMS: { readonly maxInboundStreams: number; readonly maxOutboundStreams: number } = {
  maxInboundStreams: 16,
  maxOutboundStreams: 16,
}

/** Connections that a host has at a time, libp2p's own number; past it those that matter least are closed. */
export const CONNECTION_LIMIT: Limit = { default: 300, min: 8, max: 100_000 }

// New connections that one remote address may open in a second, and connections that are being set up at a time.
const LOOPBACK_CONNECTIONS: ConnectionManagerInit = {
  inboundConnectionThreshold: 1_000,
  maxIncomingPendingConnections: 1_000,
}

/**
 * Milliseconds between pings of each connection; one that fails ends the connection. A third of libp2p's rate, for a
 * server that has hundreds of them.
 */
const CONNECTION_CHECK = 30_000

/** Milliseconds for which a peer and its addresses are remembered, so that a node finds its way back by itself. */
export const PEER_MEMORY: number = 30 * 24 * 3_600_000

export interface HostOptions extends DhtOptions {
  /** Networks to join, each with a DHT of its own. */
  readonly networks: readonly Network[]
  /** This host's peer identity. */
  readonly privateKey: PrivateKey
  /** Keeps the peers that were met and what the DHTs hold for others. */
  readonly datastore: Datastore
  readonly listen: readonly Multiaddr[]
  readonly bootstrap: readonly Multiaddr[]
  readonly mdns: boolean
  /** A server keeps records for others and answers them; a client only asks. */
  readonly mode: 'server' | 'client'
  readonly reachability: Reachability
  /** Connections at a time; see {@link CONNECTION_LIMIT}. */
  readonly connections: number
  readonly logger: Logger
  /** Whether to hear news of zones from peers, and to tell them. */
  readonly push?: boolean
  /** Its peers are given to it, all of them: it looks for none by itself. */
  readonly introduced?: boolean
}

/** A network that a host is in. */
export interface HostNetwork extends DhtService {
  readonly profile: NetworkProfile
  readonly routing: KadRouting
  /** Resolves once there are peers to ask, or no hope of one soon. */
  readonly settled: Promise<void>
}

/** A running libp2p host. */
export interface Host {
  readonly libp2p: Libp2p
  readonly networks: readonly HostNetwork[]
  readonly bootstrap: readonly BootstrapState[]
  /** Undefined where it was not asked for. */
  readonly gossip: Gossip | undefined
  stop(): Promise<void>
}

/**
 * Starts a libp2p host: TCP and WebSockets, Noise, Yamux, identify, ping, one DHT for each network, and gossip and
 * mDNS where they are asked for. Starts without a peer in reach, and without DNS.
 * @throws AddressInUseError, AddressUnavailableError
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { bootstrap, logger } = options
  const profiles = profilesOf(options.networks)
  const services = new Map<NetworkProfile, DhtService>()
  const serviceTags = profiles.flatMap(({ serviceTag }) => serviceTag ?? [])
  const dials = { public: profiles.some(({ addresses }) => addresses !== 'private'), bootstrap }
  const reachability = await reachabilityParts(options.reachability)
  const gossip = options.push === true ? new Libp2pGossip() : undefined
  const onDiscovery = (peer: PeerInfo): void => {
    void meet(libp2p, peer)
  }
  const libp2p = await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    datastore: options.datastore,
    nodeInfo: { name: 'signpost', userAgent: 'signpost' },
    addresses: {
      listen: [...options.listen.map(String), ...reachability.listen],
      appendAnnounce: options.reachability.announce.map(String),
    },
    transports: [tcp(), webSockets(), ...reachability.transports],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: reachOnly(dials),
    connectionManager: connectionSettings(options.listen, options.connections),
    connectionMonitor: { pingInterval: CONNECTION_CHECK },
    peerStore: { maxAddressAge: PEER_MEMORY, maxPeerAge: PEER_MEMORY },
    peerDiscovery: options.mdns ? serviceTags.map(tag => discoverByMdns(tag, onDiscovery)) : [],
    services: {
      identify: identify(),
      ping: ping(PING_STREAMS),
      ...gossip?.services,
      ...reachability.services,
      ...Object.fromEntries(
        profiles.map(profile => [
          `dht-${profile.id}`,
          (components: KadDHTComponents) => {
            const service = createDht(components, profile, options)
            services.set(profile, service)
            return service.dht
          },
        ]),
      ),
    },
  })
  const known = await libp2p.peerStore.all()
  boundPeerMemory(libp2p, known, logger)
  const networks = profiles.map(profile => {
    const remembered = known
      .filter(({ protocols }) => protocols.includes(profile.protocol))
      .map(({ id }) => id)
    const expectsPeers = options.mdns || bootstrap.length > 0 || remembered.length > 0
    const service = services.get(profile)
    if (service === undefined) throw new TypeError(`libp2p did not make the DHT of ${profile.id}`)
    const { dht, guard } = service
    const self = libp2p.peerId
    const join = new Join({ dht, self, expectsPeers, search: options.introduced !== true, logger })
    const isConnected = (peer: PeerId): boolean => libp2p.getConnections(peer).length > 0
    const { joined, settled } = join
    const routing = new KadRouting({ dht, guard, isConnected, joined, settled, logger })
    return { profile, dht, guard, routing, settled, join, remembered }
  })
  try {
    await libp2p.start()
  } catch (error) {
    for (const network of networks) network.join.stop()
    throw listenError(error, options.listen) ?? error
  }
  for (const { join, remembered } of networks) join.returnTo(remembered)
  const sweeper = new Sweeper(
    networks.map(network => network.guard),
    { now: options.now, logger },
  )
  if (options.mdns) void warnWithoutMulticast(logger)
  const connected = new StayConnected(libp2p, logger)
  for (const address of bootstrap) connected.keep(address, peerOf(address))
  return {
    libp2p,
    networks,
    get bootstrap() {
      return connected.states
    },
    gossip,
    async stop() {
      for (const network of networks) network.join.stop()
      await Promise.all([connected.stop(), sweeper.stop()])
      await libp2p.stop()
    },
  }
}

/**
 * libp2p's limits (five new ones a second from one address, ten that are being set up), which
 * stand wherever others can reach this host. Beyond them it resets connections without a word. All nodes of one
 * machine share an address, so a host that listens on loopback alone takes more.
 */
export function connectionSettings(
  listen: readonly Multiaddr[],
  maxConnections: number = CONNECTION_LIMIT.default,
): ConnectionManagerInit {
  return { maxConnections, ...(areLoopback(listen) ? LOOPBACK_CONNECTIONS : {}) }
}

async function warnWithoutMulticast(logger: Logger): Promise<void> {
  const problem = await multicastProblem()
  if (problem === undefined) return
  logger.warn(
    'this node cannot look for peers on its link; add a route for 224.0.0.0/4, or name bootstrap peers',
    {
      problem,
    },
  )
}
