import type { Gateway, MetricsServer, OnQuery, Reloaded } from '@signpost/gateway'
import type { Logger, ZoneResolver } from '@signpost/node'
import type { ZoneId } from '@signpost/core'
import { defined } from './defined.ts'
import { type GatewaySettings, gatewaySettings } from './gateway-settings.ts'
import type { GatewayConfig } from './config/schema.ts'
import type { GuardBook } from './guards/guard-store.ts'
import { KnownPetnames } from './petnames/known-petnames.ts'
import type { PetnameBook } from './petnames/petname-store.ts'
import type { OwnPins, PinBook } from './pins/pin-store.ts'
import { DEFAULT_SUFFIX, type GatewayFlags } from './options.ts'
import { type QueryLog, QueryLogs, openQueryLog } from './query-log.ts'
import type { HostPort } from './values/host-port.ts'

export interface RunningGatewayParts {
  readonly resolver: ZoneResolver
  /** Whether a zone may have private addresses: own and followed ones. */
  readonly trustsZone: (zoneId: ZoneId) => boolean
  readonly petnames: PetnameBook
  readonly guards: Pick<GuardBook, 'list'>
  readonly pins: Pick<PinBook, 'list'>
  readonly dataDir: string
  readonly logger: Logger
}

/** What users have added by commands. */
interface KeptByUser {
  readonly guards: readonly string[]
  readonly pins: OwnPins
}

/** What the user wants of a gateway. */
export interface GatewayWish {
  readonly flags: GatewayFlags
  readonly config: GatewayConfig
}

/** A gateway with what belongs to it in a process: its log of queries and its metrics. */
export class RunningGateway implements AsyncDisposable {
  readonly gateway: Gateway
  private readonly parts: RunningGatewayParts
  private readonly petnames: KnownPetnames
  private readonly logs: QueryLogs
  private metrics: MetricsServer | undefined
  private wish: GatewayWish
  /** What the data directory has, as it was last read. */
  private kept: KeptByUser

  private constructor(
    parts: RunningGatewayParts,
    petnames: KnownPetnames,
    gateway: Gateway,
    wish: GatewayWish,
    logs: QueryLogs,
    kept: KeptByUser,
  ) {
    this.parts = parts
    this.petnames = petnames
    this.gateway = gateway
    this.wish = wish
    this.logs = logs
    this.kept = kept
  }

  /** @throws as `createGateway` does, and where the log of queries or the metrics cannot be had. */
  static async start(parts: RunningGatewayParts, wish: GatewayWish): Promise<RunningGateway> {
    const { createGateway } = await import('@signpost/gateway')
    const petnames = new KnownPetnames(parts.petnames)
    await petnames.read()
    const { settings, log } = prepare(parts, wish)
    const logs = new QueryLogs(log)
    const kept = { guards: await parts.guards.list(), pins: await parts.pins.list() }
    const options = optionsOf(parts, petnames, kept, settings, logs.writerTo(log))
    const gateway = await createGateway(options).catch(async (error: unknown) => {
      await log?.close()
      throw error
    })
    const running = new RunningGateway(parts, petnames, gateway, wish, logs, kept)
    try {
      running.metrics = await running.metricsAt(wish.flags.metrics)
    } catch (error) {
      await running[Symbol.asyncDispose]()
      throw error
    }
    return running
  }

  get flags(): GatewayFlags {
    return this.wish.flags
  }

  get metricsAddress(): HostPort | undefined {
    return this.metrics?.address
  }

  /** @throws as {@link start} does; then all is as it was. */
  async reload(wish: GatewayWish): Promise<Reloaded> {
    const { parts, petnames, kept, logs } = this
    const { settings, log } = prepare(parts, wish)
    let metrics: MetricsServer | undefined
    let reloaded: Reloaded
    try {
      metrics = await this.metricsAt(wish.flags.metrics)
      reloaded = await this.gateway.reload(optionsOf(parts, petnames, kept, settings, logs.writerTo(log)))
    } catch (error) {
      await log?.close()
      if (metrics !== this.metrics) await metrics?.close()
      throw error
    }
    this.wish = wish
    const before = this.metrics
    this.metrics = metrics
    if (metrics !== before) await before?.close()
    await logs.replaceBy(log)
    return reloaded
  }

  /** Petnames that have changed count from now on, and answers about them are forgotten. */
  async readPetnames(): Promise<void> {
    const changed = await this.petnames.read()
    for (const suffix of this.flags.suffix ?? [DEFAULT_SUFFIX])
      for (const petname of changed) this.gateway.flush(`${petname}.${suffix}`, { below: true })
  }

  /** Names that are guarded from now on, beside those of the configuration. @throws InvalidConfigError */
  async readGuards(): Promise<void> {
    const guards = await this.parts.guards.list()
    this.gateway.continuity.replaceGuards([...(this.wish.config.guard ?? []), ...guards])
    this.kept = { ...this.kept, guards }
  }

  /** Domains that the user pins from now on. @throws InvalidConfigError */
  async readPins(): Promise<void> {
    const pins = await this.parts.pins.list()
    this.gateway.continuity.replacePins(pins)
    this.kept = { ...this.kept, pins }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.metrics?.close()
    await this.gateway.stop()
    await this.logs.replaceBy(undefined)
  }

  /** The server of metrics that there is, where it is at this address already; else another one, which is opened. */
  private async metricsAt(at: HostPort | undefined): Promise<MetricsServer | undefined> {
    if (at === undefined) return undefined
    const { metrics, wish } = this
    if (metrics !== undefined && [wish.flags.metrics, metrics.address].some(one => isSame(one, at)))
      return metrics
    const { serveMetrics } = await import('@signpost/gateway')
    return serveMetrics(at, () => this.gateway.stats())
  }
}

function prepare(
  { dataDir, logger }: RunningGatewayParts,
  { flags, config }: GatewayWish,
): { settings: GatewaySettings; log: QueryLog | undefined } {
  const settings = gatewaySettings(flags, config, dataDir)
  const log = settings.queryLog === undefined ? undefined : openQueryLog(settings.queryLog, logger)
  return { settings, log }
}

function optionsOf(
  { resolver, logger, trustsZone }: RunningGatewayParts,
  petnames: KnownPetnames,
  { guards, pins }: KeptByUser,
  { options }: GatewaySettings,
  onQuery: OnQuery | undefined,
): Parameters<Gateway['reload']>[0] {
  return {
    ...options,
    resolver,
    logger,
    petnames: petnames.lookup,
    guard: [...(options.guard ?? []), ...guards],
    ownPins: pins,
    rebinding: { trustsZone, ...options.rebinding },
    ...defined({ onQuery }),
  }
}

function isSame(some: HostPort | undefined, other: HostPort): boolean {
  return some?.host === other.host && some.port === other.port
}
