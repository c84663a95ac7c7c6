import type { Verifier } from '@signpost/core'
import type { Multiaddr } from '@multiformats/multiaddr'
import { InvalidConfigError, checkCount, checkLimit } from '@signpost/dns'
import { type Logger, silentLogger } from './logger.ts'
import {
  DEFAULT_LISTEN,
  areLoopback,
  parseAnnounceAddress,
  parseBootstrapAddress,
  parseListenAddress,
} from './host/multiaddrs.ts'
import { CONNECTION_LIMIT } from './host/host.ts'
import type { Reachability, Relay } from './host/reachability.ts'
import { type Network, profilesOf } from './host/network.ts'
import { type HttpOptions, readHttpOptions } from './http/http-options.ts'
import { KEPT_OCTETS, KEPT_ZONES } from './dht/admission.ts'
import { FOLLOW_INTERVAL } from './follow/follower.ts'
import { PUT_DEADLINE } from './publish/put.ts'
import { REPUBLISH_INTERVAL } from './publish/republish.ts'
import { type ResolveLimits, resolveLimits } from './resolve/resolve-limits.ts'
import { parseEndpoint } from './routing/delegated-endpoint.ts'
import { HISTORY_LIMIT, RECORD_LIMIT, type StoreLimits } from './store/store.ts'
import { createNodeVerifier } from './verifier.ts'

export interface NodeOptions {
  /** Directory for all that the node keeps. Where absent, it keeps everything in memory and forgets it. */
  readonly dataDir?: string
  /** Networks to join, all at once: what one has is found, what is published goes to all. The local one where absent. */
  readonly networks?: readonly Network[]
  /**
   * Multiaddrs to listen on, as in `/ip4/127.0.0.1/tcp/4011`; port 0 takes any free one, `/ws` at the end is for
   * WebSockets. Where absent, a server listens on every interface at a free port, and a client on none.
   */
  readonly listen?: readonly string[]
  /**
   * Multiaddrs of peers to join by, with their peer IDs, as in `/ip4/192.0.2.1/tcp/4011/p2p/12D3Koo…`. The node
   * starts without them and keeps trying. Host names are refused: nothing at the start may need DNS.
   */
  readonly bootstrap?: readonly string[]
  /**
   * Base URLs of servers of the Delegated Routing V1 HTTP API, as in `http://192.0.2.1:8080`: they are asked as the
   * networks are, and given what is put. The node starts without them. One with a host name is found through DNS, each
   * time that it is asked; whoever runs one learns which zones this node looks for.
   */
  readonly delegatedRouting?: readonly string[]
  /**
   * Whether to find peers on the same link by multicast DNS. Where absent, a node of the LAN network does, unless it
   * is told to listen on loopback only, and a node of a private network does not.
   */
  readonly mdns?: boolean
  /**
   * A `server` keeps signed records for others and answers them. A `client` only asks, as suits a program that runs
   * for a moment. `server` where absent.
   */
  readonly mode?: 'server' | 'client'
  /**
   * Whether to find out if others reach this node from the internet (AutoNAT), and to ask the router to let them in
   * (UPnP, NAT-PMP). Where absent, a server in the public network does, unless it listens on loopback only.
   */
  readonly nat?: boolean
  /** See `Relay`; `none` where absent. */
  readonly relay?: Relay
  /** Multiaddrs under which others reach this node, where it cannot see them itself: behind a forwarded port. */
  readonly announce?: readonly string[]
  /** Connections at a time; see `CONNECTION_LIMIT`. */
  readonly connections?: number
  /**
   * Whether to hear at once what the owners of followed zones publish, and to tell peers of own zones. Others can see
   * which zones a node listens for. True where absent; without it, news comes by lookups alone.
   */
  readonly push?: boolean
  /**
   * Where to serve the Delegated Routing V1 HTTP API for names, on one address, loopback unless it says another. Whoever
   * reaches it can ask for any zone, and so find out what this node has, and put records, as any peer can.
   */
  readonly http?: HttpOptions
  /** Checks signatures; OpenSSL's through node:crypto where absent. */
  readonly verifier?: Verifier
  /** Silent where absent. */
  readonly logger?: Logger
  /** Milliseconds since the epoch; the machine's clock where absent. */
  readonly now?: () => number
  readonly resolve?: Partial<ResolveLimits>
  readonly store?: StoreLimits
  /** How much the DHT of each network keeps for others. */
  readonly keep?: {
    /** See `KEPT_ZONES`. */
    readonly zones?: number
    /** See `KEPT_OCTETS`. */
    readonly octets?: number
  }
  /** See `PUT_DEADLINE`; milliseconds. */
  readonly putDeadline?: number
  /** See `REPUBLISH_INTERVAL`; milliseconds. */
  readonly republishInterval?: number
  /** See `FOLLOW_INTERVAL`; milliseconds. */
  readonly followInterval?: number
}

/** Options with every default filled in and every value checked. */
export interface NodeSettings {
  readonly dataDir: string | undefined
  readonly networks: readonly Network[]
  readonly listen: readonly Multiaddr[]
  readonly bootstrap: readonly Multiaddr[]
  readonly delegatedRouting: readonly string[]
  readonly mdns: boolean
  readonly mode: 'server' | 'client'
  readonly reachability: Reachability
  readonly connections: number
  readonly push: boolean
  readonly http: Required<HttpOptions> | undefined
  readonly verifier: Verifier
  readonly logger: Logger
  readonly now: () => number
  readonly resolve: ResolveLimits
  readonly store: StoreLimits
  readonly keep: { readonly zones: number; readonly octets: number }
  readonly putDeadline: number
  readonly republishInterval: number
  readonly followInterval: number
}

const RELAYS: readonly Relay[] = ['none', 'use', 'serve']

/** @throws InvalidConfigError for the first option that cannot be honoured. */
export function readNodeOptions(options: NodeOptions = {}): NodeSettings {
  const { networks = [{ kind: 'lan' }], mode = 'server', store = {}, now = Date.now } = options
  if (mode !== 'server' && mode !== 'client')
    throw new InvalidConfigError('mode', `${JSON.stringify(mode)} is neither "server" nor "client"`)
  if (options.http !== undefined && mode === 'client')
    throw new InvalidConfigError('http', 'a client keeps nothing for others; leave out mode, or http')
  if (options.dataDir === '') throw new InvalidConfigError('dataDir', 'it is empty; name a directory')
  const profiles = profilesOf(networks)
  const addresses = options.listen ?? (mode === 'server' ? DEFAULT_LISTEN : [])
  const listen = addresses.map((text, at) => parseListenAddress(text, `listen[${at}]`))
  const bootstrap = [
    ...(options.bootstrap ?? []).map((text, at) => parseBootstrapAddress(text, `bootstrap[${at}]`)),
    ...profiles.flatMap(profile => profile.bootstrap).map(text => parseBootstrapAddress(text, 'networks')),
  ]
  const endpoints = (options.delegatedRouting ?? []).map((text, at) =>
    parseEndpoint(text, `delegatedRouting[${at}]`),
  )
  return {
    dataDir: options.dataDir,
    networks,
    listen,
    bootstrap,
    delegatedRouting: [...new Set(endpoints)],
    mdns: mdnsOf(options, networks, listen),
    mode,
    reachability: reachabilityOf(options, networks, listen),
    push: options.push ?? true,
    connections: checkCount('connections', options.connections, CONNECTION_LIMIT),
    http: options.http && readHttpOptions(options.http),
    verifier: options.verifier ?? createNodeVerifier(),
    logger: options.logger ?? silentLogger,
    now,
    resolve: resolveLimits(options.resolve),
    store: {
      records: checkLimit('store.records', store.records, RECORD_LIMIT),
      history: checkLimit('store.history', store.history, HISTORY_LIMIT),
    },
    keep: {
      zones: checkCount('keep.zones', options.keep?.zones, KEPT_ZONES),
      octets: checkCount('keep.octets', options.keep?.octets, KEPT_OCTETS),
    },
    putDeadline: checkLimit('putDeadline', options.putDeadline, PUT_DEADLINE),
    republishInterval: checkLimit('republishInterval', options.republishInterval, REPUBLISH_INTERVAL),
    followInterval: checkLimit('followInterval', options.followInterval, FOLLOW_INTERVAL),
  }
}

function reachabilityOf(
  options: NodeOptions,
  networks: readonly Network[],
  listen: readonly Multiaddr[],
): Reachability {
  const { mode = 'server', relay = 'none' } = options
  if (!RELAYS.includes(relay))
    throw new InvalidConfigError('relay', `${JSON.stringify(relay)} is none of ${RELAYS.join(', ')}`)
  const isPublic = networks.some(({ kind }) => kind === 'amino')
  return {
    nat: options.nat ?? (isPublic && mode === 'server' && !areLoopback(listen)),
    relay,
    announce: (options.announce ?? []).map((text, at) => parseAnnounceAddress(text, `announce[${at}]`)),
  }
}

function mdnsOf(options: NodeOptions, networks: readonly Network[], listen: readonly Multiaddr[]): boolean {
  // A client that was not told where to listen still looks for servers.
  const onLoopback = options.listen !== undefined && areLoopback(listen)
  if (options.mdns === true && onLoopback && listen.length > 0)
    throw new InvalidConfigError(
      'mdns',
      'it would announce addresses that no other machine can reach; listen on another address than loopback, or leave mdns out',
    )
  return options.mdns ?? (networks.some(({ kind }) => kind === 'lan') && !onLoopback)
}
