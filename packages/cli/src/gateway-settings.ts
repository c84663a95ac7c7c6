import { join } from 'node:path'
import { InvalidConfigError, SignpostError } from '@signpost/dns'
import type { GatewayOptions } from '@signpost/gateway'
import type { Command } from 'commander'
import { camelCase } from './config/kebab-case.ts'
import type { Config, GatewayConfig } from './config/schema.ts'
import { defined } from './defined.ts'
import { DEFAULT_DNS, type GatewayFlags } from './options.ts'
import type { Surroundings } from './run.ts'
import { type HostPort, parseHostPort, printHostPort } from './values/host-port.ts'

/** What the command line and the configuration file say of a gateway. */
export interface GatewaySettings {
  /** But for who answers for zones, which is another matter. */
  readonly options: Omit<GatewayOptions, 'resolver' | 'logger' | 'petnames' | 'onQuery'>
  /** The file to which queries are written. */
  readonly queryLog: string | undefined
}

/** Stands for the resolvers of this machine. */
const SYSTEM = 'system'
const DNS_PORT = 53

/** Where a gateway keeps what it has to keep, in the data directory. */
const DIRECTORY = 'gateway'

/**
 * Reads the configuration file, gives the command what it says, and returns the rest of it.
 * @throws ConfigFileError, and what reading the file throws.
 */
export async function readConfig(command: Command, { streams }: Surroundings): Promise<Config> {
  const { config: file } = command.opts<GatewayFlags>()
  if (file === undefined) return {}
  const [{ readConfigFile }, { applyConfig }] = await Promise.all([
    import('./config/config-file.ts'),
    import('./config/apply.ts'),
  ])
  const config = await readConfigFile(file, streams)
  applyConfig(command, file, config)
  return config
}

export function gatewaySettings(
  flags: GatewayFlags,
  config: GatewayConfig,
  dataDir: string,
): GatewaySettings {
  const { dns = [DEFAULT_DNS], tls, https, upstream, suffix, allow } = flags
  refuseMetricsAmong(flags.metrics, { listen: dns, tls: tls ?? [], https: https ?? [] })
  const directory = join(dataDir, DIRECTORY)
  const options = {
    listen: dns,
    certificate: config.certificate ?? 'self-signed',
    certificateDirectory: directory,
    cache: config['keep-answers'] === false ? {} : { directory },
    ...defined({
      hosts: config.hosts,
      tls,
      https,
      upstreams: upstream && upstreamsOf(upstream),
      bootstrap: config.bootstrap?.map(bootstrapServer),
      routes: config.routes,
      upstreamCa: config['upstream-ca'],
      resolvConf: config['resolv-conf'],
      suffixes: suffix,
      allow,
      unlimited: config.unlimited,
      rebinding: config.rebinding,
      guard: config.guard,
      pins: config.pins,
      trustAnchors: config['trust-anchors'],
      requireCookies: config['require-cookies'],
      limits: config.limits && limitsOf(config.limits),
    }),
  }
  return { options, queryLog: config['query-log'] }
}

function upstreamsOf(upstream: readonly string[]): NonNullable<GatewayOptions['upstreams']> {
  if (!upstream.includes(SYSTEM)) return upstream
  if (upstream.length === 1) return SYSTEM
  throw new InvalidConfigError('upstreams', '"system" stands alone; leave it out, or all others')
}

function bootstrapServer(text: string, at: number): HostPort {
  try {
    return parseHostPort(text, { defaultPort: DNS_PORT, examplePort: DNS_PORT })
  } catch (cause) {
    if (!(cause instanceof SignpostError)) throw cause
    throw new InvalidConfigError(`bootstrap[${at}]`, `${cause.message}; it is asked over UDP and TCP`, {
      cause,
    })
  }
}

// Found before anything listens: then it would look as if another program did.
function refuseMetricsAmong(
  metrics: HostPort | undefined,
  places: Readonly<Record<string, readonly HostPort[]>>,
): void {
  if (metrics === undefined || metrics.port === 0) return
  const address = printHostPort(metrics)
  for (const [option, all] of Object.entries(places))
    for (const [at, one] of all.entries())
      if (printHostPort(one) === address)
        throw new InvalidConfigError(
          'metrics',
          `it is ${address}, as is ${option}[${at}]; give it a port of its own`,
        )
}

function limitsOf(limits: Readonly<Record<string, number>>): NonNullable<GatewayOptions['limits']> {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [camelCase(name), value]))
}
