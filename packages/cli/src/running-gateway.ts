import type { Gateway, MetricsServer } from '@signpost/gateway'
import type { Logger, ZoneResolver } from '@signpost/node'
import type { ZoneId } from '@signpost/core'
import { defined } from './defined.ts'
import { type GatewaySettings, gatewaySettings } from './gateway-settings.ts'
import type { GatewayConfig } from './config/schema.ts'
import { KnownPetnames } from './petnames/known-petnames.ts'
import type { PetnameBook } from './petnames/petname-store.ts'
import { DEFAULT_SUFFIX, type GatewayFlags } from './options.ts'
import { type QueryLog, openQueryLog } from './query-log.ts'
import type { HostPort } from './values/host-port.ts'

export interface RunningGatewayParts {
  readonly resolver: ZoneResolver
  /** Whether a zone may have private addresses: own and followed ones. */
  readonly trustsZone: (zoneId: ZoneId) => boolean
  readonly petnames: PetnameBook
  readonly dataDir: string
  readonly logger: Logger
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
  private log: QueryLog | undefined
  private metrics: MetricsServer | undefined
  private wish: GatewayWish

  private constructor(
    parts: RunningGatewayParts,
    petnames: KnownPetnames,
    gateway: Gateway,
    wish: GatewayWish,
    log: QueryLog | undefined,
  ) {
    this.parts = parts
    this.petnames = petnames
    this.gateway = gateway
    this.wish = wish
    this.log = log
  }

  /** @throws as `createGateway` does, and where the log of queries or the metrics cannot be had. */
  static async start(parts: RunningGatewayParts, wish: GatewayWish): Promise<RunningGateway> {
    const { createGateway } = await import('@signpost/gateway')
    const petnames = new KnownPetnames(parts.petnames)
    await petnames.read()
    const { settings, log } = await prepare(parts, wish)
    const gateway = await createGateway(optionsOf(parts, petnames, settings, log)).catch((error: unknown) => {
      log?.close()
      throw error
    })
    const running = new RunningGateway(parts, petnames, gateway, wish, log)
    try {
      await running.serveMetrics(wish.flags.metrics)
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

  /** @throws as {@link start} does; then all is as it was, but that metrics may have moved. */
  async reload(wish: GatewayWish): Promise<void> {
    const { settings, log } = await prepare(this.parts, wish)
    try {
      if (!isSame(wish.flags.metrics, this.wish.flags.metrics)) await this.serveMetrics(wish.flags.metrics)
      await this.gateway.reload(optionsOf(this.parts, this.petnames, settings, log))
    } catch (error) {
      log?.close()
      throw error
    }
    this.log?.close()
    this.log = log
    this.wish = wish
  }

  /** Petnames that have changed count from now on, and answers about them are forgotten. */
  async readPetnames(): Promise<void> {
    const changed = await this.petnames.read()
    for (const suffix of this.flags.suffix ?? [DEFAULT_SUFFIX])
      for (const petname of changed) this.gateway.flush(`${petname}.${suffix}`, { below: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.metrics?.close()
    await this.gateway.stop()
    this.log?.close()
  }

  private async serveMetrics(at: HostPort | undefined): Promise<void> {
    const { serveMetrics } = await import('@signpost/gateway')
    const next = at && (await serveMetrics(at, () => this.gateway.stats()))
    await this.metrics?.close()
    this.metrics = next
  }
}

async function prepare(
  { dataDir, logger }: RunningGatewayParts,
  { flags, config }: GatewayWish,
): Promise<{ settings: GatewaySettings; log: QueryLog | undefined }> {
  const settings = gatewaySettings(flags, config, dataDir)
  const log = settings.queryLog === undefined ? undefined : await openQueryLog(settings.queryLog, logger)
  return { settings, log }
}

function optionsOf(
  { resolver, logger, trustsZone }: RunningGatewayParts,
  petnames: KnownPetnames,
  { options }: GatewaySettings,
  log: QueryLog | undefined,
): Parameters<Gateway['reload']>[0] {
  return {
    ...options,
    resolver,
    logger,
    petnames: petnames.lookup,
    rebinding: { trustsZone, ...options.rebinding },
    ...defined({ onQuery: log?.write }),
  }
}

function isSame(a: HostPort | undefined, b: HostPort | undefined): boolean {
  return a?.host === b?.host && a?.port === b?.port
}
