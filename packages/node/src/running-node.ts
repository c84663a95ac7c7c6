import { type SignedRecord, type ZoneId, parseZoneId } from '@signpost/core'
import type { PastRecord, PutOptions, PutProgress, PutReceipt } from './publish/client.ts'
import type { Clock } from './clock.ts'
import { Sweeper } from './dht/sweeper.ts'
import { NodeStoppedError } from './errors.ts'
import type { NodeEventEmitter, NodeEventTarget } from './events.ts'
import { Follower } from './follow/follower.ts'
import type { Host, HostNetwork } from './host/host.ts'
import type { Network } from './host/network.ts'
import type { HttpOptions } from './http/http-options.ts'
import { offerRecord } from './http/offered-record.ts'
import { type RoutingServer, servedLimits, startRoutingServer } from './http/routing-server.ts'
import type { ServedStore } from './http/served-store.ts'
import type { NodeSettings } from './node-options.ts'
import type { FollowedZone, NetworkStatus, Node, NodeStatus, ZoneInspection } from './node.ts'
import { type PublishOptions, type PublishRequest, type Published, publish } from './publish/publish.ts'
import { pastRecords } from './publish/past-records.ts'
import type { Publications } from './publish/publications.ts'
import { putRecord } from './publish/put.ts'
import type { Push } from './push/push.ts'
import type { ReceivedRecords } from './store/received-records.ts'
import {
  type RepublishContext,
  type RepublishOptions,
  type RepublishReport,
  republish,
  zonesKeptAlive,
} from './publish/republish.ts'
import { type Republisher, startRepublisher } from './publish/republisher.ts'
import { type Refusal, RefusalCounter } from './refusals.ts'
import { type Resolver, createResolver } from './resolve/resolve.ts'
import type { ZoneMemory } from './resolve/zone-memory.ts'
import { DelegatedRouting } from './routing/delegated-routing.ts'
import { JointRouting } from './routing/joint-routing.ts'
import type { Routing } from './routing/routing.ts'
import type { ResolveOptions, ResolveOutcome } from './resolve/resolver.ts'

/** The started parts of a node. */
export interface NodeParts {
  readonly settings: NodeSettings
  readonly clock: Clock
  readonly events: NodeEventEmitter
  readonly publications: Publications
  readonly host: Host
  readonly received: ReceivedRecords
  /** Where its lookups look beside the store. */
  readonly memory: ZoneMemory
  /** Undefined where it serves no HTTP. */
  readonly served: ServedStore | undefined
  /** Zones that are followed when the node starts. */
  readonly followed: readonly ZoneId[]
  /** Undefined where it was not asked for. */
  readonly push: Push | undefined
  /** Closes what is on disk. */
  readonly close: () => Promise<void>
}

export class RunningNode implements Node {
  readonly addEventListener: NodeEventTarget['addEventListener']
  readonly removeEventListener: NodeEventTarget['removeEventListener']
  private readonly parts: NodeParts
  private readonly routing: Routing
  private readonly resolver: Resolver
  /** For HTTP: asks peers alone, or two nodes that are each other's delegated routers would wait for each other. */
  private readonly served: Resolver | undefined
  private readonly republisher: Republisher
  private readonly republishing: RepublishContext
  private readonly follower: Follower
  private readonly sweeper: Sweeper
  private readonly refusals = new RefusalCounter()
  private readonly startedAt: number
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<unknown>>()
  private stopped: Promise<void> | undefined
  private http: RoutingServer | undefined

  constructor(parts: NodeParts) {
    const { settings, clock, events, host, memory, served } = parts
    const { store } = parts.publications
    const { emit } = events
    const { logger, verifier, resolve: limits, putDeadline } = settings
    const routing = routingOf(parts)
    this.parts = parts
    this.routing = routing
    this.startedAt = clock.now()
    this.addEventListener = events.addEventListener.bind(events)
    this.removeEventListener = events.removeEventListener.bind(events)
    const resolving = { memory, verifier, clock, emit, logger }
    this.resolver = createResolver({ ...resolving, routing, store, limits })
    const forOthers = { ...resolving, routing: peersOf(host), limits: servedLimits(limits) }
    this.served = served && createResolver({ ...forOthers, store: served })
    this.republishing = { routing, store, clock, emit, putDeadline, resolver: this.resolver }
    this.republisher = startRepublisher({
      clock,
      random: Math.random,
      interval: settings.republishInterval,
      round: async signal => {
        await this.republishRound(signal)
      },
    })
    this.follower = new Follower(
      { resolver: this.resolver, clock, random: Math.random, interval: settings.followInterval, logger },
      parts.followed,
    )
    const stores = served === undefined ? [store] : [store, served]
    this.sweeper = new Sweeper(
      stores.map(place => ({ sweep: signal => place.sweep(clock.now(), signal) })),
      { now: () => clock.now(), logger },
    )
    events.addEventListener('refused', ({ detail }) => {
      this.refusals.add(detail)
    })
    events.addEventListener('conflict', ({ detail: { error } }) => {
      logger.warn('a record that was published here has lost', { zoneId: error.zoneId, why: error.message })
    })
    const tellPeers = (): void => {
      emit('peers', { count: host.libp2p.getPeers().length })
    }
    host.libp2p.addEventListener('peer:connect', tellPeers)
    host.libp2p.addEventListener('peer:disconnect', tellPeers)
  }

  get peerId(): string {
    return this.parts.host.libp2p.peerId.toString()
  }

  get addresses(): readonly string[] {
    return this.parts.host.libp2p.getMultiaddrs().map(String)
  }

  async resolve(zoneId: ZoneId, options?: ResolveOptions): Promise<ResolveOutcome> {
    return this.track(this.resolver.resolve(parseZoneId(zoneId), options))
  }

  async put(record: SignedRecord, options: PutOptions = {}): Promise<PutReceipt> {
    const { settings, publications, clock, events, push, memory } = this.parts
    const { verifier, putDeadline } = settings
    const { routing, resolver } = this
    const context = {
      routing,
      publications,
      resolver,
      memory,
      verifier,
      clock,
      emit: events.emit,
      putDeadline,
    }
    const onProgress = (event: PutProgress): void => {
      if (event.kind === 'stored') push?.published(record)
      options.onProgress?.(event)
    }
    const signal = this.untilStopped(options.signal)
    return this.run(() => putRecord(context, record, { ...options, onProgress, signal }))
  }

  async publish(request: Omit<PublishRequest, 'now'>, options?: PublishOptions): Promise<Published> {
    this.stopping.signal.throwIfAborted()
    return publish(this, { ...request, now: this.parts.clock.now() }, options)
  }

  async republish(options: RepublishOptions = {}): Promise<RepublishReport> {
    const signal = this.untilStopped(options.signal)
    return this.run(() => republish(this.republishing, { signal }))
  }

  async history(zoneId: ZoneId): Promise<readonly PastRecord[]> {
    return this.run(() => pastRecords(this.parts.publications.store, zoneId))
  }

  async follow(zoneId: ZoneId): Promise<boolean> {
    return this.run(() => this.setFollowed(parseZoneId(zoneId), true))
  }

  async unfollow(zoneId: ZoneId): Promise<boolean> {
    return this.run(() => this.setFollowed(parseZoneId(zoneId), false))
  }

  async follows(): Promise<FollowedZone[]> {
    return this.run(() => this.readFollows())
  }

  keepsAlive(zoneId: ZoneId): boolean {
    return this.parts.publications.store.keepsAlive(zoneId)
  }

  async keptAlive(): Promise<readonly ZoneId[]> {
    return this.run(() => zonesKeptAlive(this.parts.publications.store))
  }

  private async readFollows(): Promise<FollowedZone[]> {
    const { store } = this.parts.publications
    const followed = await store.followed()
    return Promise.all(followed.map(async one => ({ ...one, stored: await store.get(one.zoneId) })))
  }

  private async setFollowed(zoneId: ZoneId, isFollowed: boolean): Promise<boolean> {
    const { clock, events, publications } = this.parts
    const { store } = publications
    const changed = isFollowed ? await store.follow(zoneId, clock.now()) : await store.unfollow(zoneId)
    if (!changed) return false
    if (isFollowed) this.follower.add(zoneId)
    else this.follower.remove(zoneId)
    events.emit('followed', { zoneId, isFollowed })
    return true
  }

  async inspect(zoneId: ZoneId): Promise<ZoneInspection> {
    return this.run(() => this.readInspection(zoneId))
  }

  private async readInspection(zoneId: ZoneId): Promise<ZoneInspection> {
    const { store } = this.parts.publications
    const [own, followed] = [await store.ownZones(), await store.followed()]
    return {
      zoneId,
      stored: await store.get(zoneId),
      floor: await this.floorOf(zoneId),
      own: own.includes(zoneId),
      followed: followed.some(one => one.zoneId === zoneId),
      history: await store.history(zoneId),
      evidence: await store.evidence(zoneId),
    }
  }

  /** Serves HTTP from now until it stops. @throws AddressInUseError, AddressUnavailableError */
  async serve(address: Required<HttpOptions>): Promise<void> {
    const { clock, events, host, settings } = this.parts
    const onRefused = (refusal: Refusal): void => {
      events.emit('refused', refusal)
    }
    const { served } = this
    if (served === undefined) throw new TypeError('a node that serves HTTP has a store for it')
    this.http = await startRoutingServer(address, {
      clock,
      logger: settings.logger,
      resolve: async (...args) => this.track(served.resolve(...args)),
      offer: async (zoneId, record, options) =>
        this.track(offerRecord(host.networks, zoneId, record, { ...options, onRefused })),
    })
  }

  // Also of what only passed through this node's DHT.
  private async floorOf(zoneId: ZoneId): Promise<number | undefined> {
    const { newer, floor } = await this.parts.memory.remembered(zoneId, undefined)
    return Math.max(newer?.sequence ?? 0, floor) || undefined
  }

  status(): NodeStatus {
    const { settings, host } = this.parts
    return {
      peerId: this.peerId,
      addresses: this.addresses,
      http: this.http?.url,
      networks: settings.networks.map((network, at) => statusOf(network, host.networks[at])),
      mdns: settings.mdns,
      dataDir: settings.dataDir,
      connected: host.libp2p.getPeers().length,
      bootstrap: host.bootstrap,
      followed: this.follower.count,
      refused: this.refusals.counts,
      startedAt: this.startedAt,
    }
  }

  async stop(): Promise<void> {
    this.stopped ??= this.stopParts()
    await this.stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  // Who uses a part stops before the part: no write comes after the disk is closed. Where one fails to, the others stop.
  private async stopParts(): Promise<void> {
    const { host, received, push, close } = this.parts
    this.stopping.abort(new NodeStoppedError())
    const { republisher, follower, resolver, served, sweeper, running } = this
    await stopInOrder([
      [async () => this.http?.stop()],
      [
        async () => republisher.stop(),
        async () => follower.stop(),
        async () => resolver.stop(),
        async () => served?.stop(),
        async () => sweeper.stop(),
        async () => Promise.allSettled(running),
      ],
      [async () => push?.stop()],
      [async () => host.stop()],
      [async () => received.settled()],
      [close],
    ])
  }

  private async republishRound(signal: AbortSignal): Promise<void> {
    const { logger } = this.parts.settings
    try {
      const { zones } = await republish(this.republishing, { signal })
      for (const zone of zones)
        if (zone.kind !== 'sent')
          logger.warn('a zone could not be republished', { zoneId: zone.zoneId, why: zone.kind })
    } catch (error) {
      if (!signal.aborted) logger.error('republishing failed', { error: String(error) })
    }
  }

  private untilStopped(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.stopping.signal : AbortSignal.any([signal, this.stopping.signal])
  }

  /** @throws NodeStoppedError */
  private async run<Result>(task: () => Promise<Result>): Promise<Result> {
    this.stopping.signal.throwIfAborted()
    return this.track(task())
  }

  private async track<Result>(task: Promise<Result>): Promise<Result> {
    this.running.add(task)
    try {
      return await task
    } finally {
      this.running.delete(task)
    }
  }
}

/** @throws what one of them failed with; AggregateError for several. */
async function stopInOrder(steps: readonly (readonly (() => Promise<unknown>)[])[]): Promise<void> {
  const problems: unknown[] = []
  for (const step of steps) {
    const ends = await Promise.allSettled(step.map(stop => stop()))
    problems.push(...ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : [])))
  }
  if (problems.length > 1) throw new AggregateError(problems, 'parts of the node did not stop')
  if (problems.length > 0) throw problems[0]
}

function routingOf({ settings, clock, host }: NodeParts): Routing {
  const { delegatedRouting, logger } = settings
  const peers = peersOf(host)
  if (delegatedRouting.length === 0) return peers
  return new JointRouting([...peers.each, new DelegatedRouting(delegatedRouting, { clock, logger })])
}

function peersOf(host: Host): JointRouting {
  return new JointRouting(host.networks.map(network => network.routing))
}

function statusOf(network: Network, joined: HostNetwork | undefined): NetworkStatus {
  return { network, mode: joined?.dht.getMode() ?? 'client', known: joined?.routing.peers ?? 0 }
}
