import type { Command } from 'commander'
import type { Gateway } from '@signpost/gateway'
import type { Node } from '@signpost/node'
import { type GuardedGateway, guardBookOf } from '../daemon/guards.ts'
import { hearNews } from '../daemon/news.ts'
import { petnamesOf } from '../daemon/petnames.ts'
import { type PinningGateway, pinBookOf } from '../daemon/pins.ts'
import { type ReloadReport, refuseSecondDaemon, serveDaemon } from '../daemon/daemon.ts'
import type { DaemonServer } from '../daemon/server.ts'
import type { GatewayStatus } from '../daemon/status.ts'
import { defined } from '../defined.ts'
import { findDaemon, nodeOptions, startNode, warnOfUnusedFlags } from '../node-access.ts'
import {
  DEFAULT_SUFFIX,
  type GatewayFlags,
  type NodeFlags,
  configOption,
  withGatewayOptions,
  withNodeOptions,
} from '../options.ts'
import { type Configured, beginConfigured } from '../configured.ts'
import { kebabCase } from '../config/kebab-case.ts'
import { KeptZones } from '../daemon/kept-zones.ts'
import { RunningGateway, type RunningGatewayParts } from '../running-gateway.ts'
import type { Run, Surroundings } from '../run.ts'
import { addConfigCommands } from './config.ts'
import { aborted } from '../signals.ts'
import { collectStartGarbage } from '../start-garbage.ts'
import { type HostPort, printHostPort } from '../values/host-port.ts'

/** The commands that run until they are stopped, in the order in which help lists them. */
export function addRunningCommands(program: Command, surroundings: Surroundings): void {
  withGatewayOptions(withNodeOptions(program.command('up'), 'server'))
    .description('run a node and a DNS gateway until stopped')
    .addHelpText('after', '\nExample:\n  $ signpost up --upstream 192.168.1.1')
    .action(async (_flags, command: Command) => {
      await up(await beginConfigured(surroundings, command))
    })

  withNodeOptions(program.command('node').addOption(configOption()), 'server')
    .description('run a node alone: it keeps signed records for others and republishes yours')
    .addHelpText('after', '\nExample:\n  $ signpost node --listen /ip4/0.0.0.0/tcp/4011')
    .action(async (_flags, command: Command) => {
      const { run } = await beginConfigured<NodeFlags & Pick<GatewayFlags, 'config'>>(surroundings, command)
      await nodeAlone(run)
    })

  const gateway = withGatewayOptions(withNodeOptions(program.command('gateway'), 'server'))
    .description('run a DNS gateway on the node that runs already, or on its own')
    .addHelpText('after', '\nExample:\n  $ signpost gateway --dns 127.0.0.1:5301')
    .action(async (_flags, command: Command) => {
      await gatewayAlone(await beginConfigured(surroundings, command))
    })
  addConfigCommands(gateway, surroundings)
}

async function up(configured: Configured<NodeFlags & GatewayFlags>): Promise<void> {
  const { run } = configured
  await refuseSecondDaemon(run)
  await using node = await startNode(nodeOptions(run))
  await using running = await startGateway(configured, {
    resolver: node,
    trustsZone: zoneId => node.keepsAlive(zoneId),
    petnames: run.petnames,
    guards: run.guards,
    pins: run.pins,
  })
  const { gateway } = running
  forgetOldVersions(node, gateway)
  const reload = reloader(configured, running)
  await using daemon = await serveDaemon(run, node, {
    status: () => gatewayStatus(running),
    flush: ({ name, below }) => gateway.flush(name, { below }),
    readPetnames: async () => running.readPetnames(),
    guard: guardOf(running),
    pins: pinsIn(running),
    reload,
  })
  announce(run, { node, running, daemon })
  collectStartGarbage()
  await aborted(run.stop)
  run.logger.info('stopping')
}

async function nodeAlone(run: Run<NodeFlags>): Promise<void> {
  await refuseSecondDaemon(run)
  await using node = await startNode(nodeOptions(run))
  await using daemon = await serveDaemon(run, node)
  announce(run, { node, daemon })
  collectStartGarbage()
  await aborted(run.stop)
  run.logger.info('stopping')
}

async function gatewayAlone(configured: Configured<NodeFlags & GatewayFlags>): Promise<void> {
  const { run } = configured
  const daemon = await findDaemon(run)
  if (daemon === undefined) return up(configured)
  warnOfUnusedFlags(run)
  const kept = new KeptZones(daemon)
  await using running = await startGateway(configured, {
    resolver: daemon,
    trustsZone: zoneId => kept.has(zoneId),
    petnames: petnamesOf(daemon),
    guards: guardBookOf(daemon),
    pins: pinBookOf(daemon),
  })
  const { gateway } = running
  const readPetnames = (): void => {
    running.readPetnames().catch((error: unknown) => {
      run.logger.warn('petnames cannot be read; they stay as they were', { problem: String(error) })
    })
  }
  const readGuards = (): void => {
    running.readGuards().catch((error: unknown) => {
      run.logger.warn('guards cannot be read; they stay as they were', { problem: String(error) })
    })
  }
  const readPins = (): void => {
    running.readPins().catch((error: unknown) => {
      run.logger.warn('pins cannot be read; they stay as they were', { problem: String(error) })
    })
  }
  const news = hearNews(
    daemon,
    {
      news: zoneId => gateway.forget(zoneId),
      missed: () => {
        gateway.forget()
        void kept.refresh()
        readPetnames()
        readGuards()
        readPins()
      },
      flush: ({ name, below }) => gateway.flush(name, { below }),
      petnames: readPetnames,
      guards: change => {
        if (change.kind === 'accepted') gateway.continuity.accept(change.name)
        else readGuards()
      },
      pins: change => {
        if (change.kind === 'own') readPins()
        else if (change.kind === 'accepted') gateway.continuity.acceptPin(change.domain)
        else gateway.continuity.forgetPin(change.domain)
      },
    },
    { signal: run.stop, logger: run.logger },
  )
  await news.started
  reloader(configured, running)
  announce(run, { running })
  await news.ended
  run.logger.info('stopping')
}

/** Starts a gateway as the flags and the file say. */
export async function startGateway(
  {
    run,
    config,
    locate,
  }: Pick<Configured<GatewayFlags>, 'run' | 'config'> & Partial<Configured<GatewayFlags>>,
  parts: Pick<RunningGatewayParts, 'resolver' | 'trustsZone' | 'petnames' | 'guards' | 'pins'>,
): Promise<RunningGateway> {
  const { dataDir, logger, flags } = run
  try {
    return await RunningGateway.start({ ...parts, dataDir, logger }, { flags, config: config.gateway ?? {} })
  } catch (error) {
    throw locate === undefined ? error : await locate(error)
  }
}

/** What reads the file again and goes on as it says; on SIGHUP too, where there is a file. */
function reloader(
  { run, config: started, reread, locate }: Configured<GatewayFlags>,
  running: RunningGateway,
): () => Promise<ReloadReport> {
  const reloadNow = async (): Promise<ReloadReport> => {
    const { flags, config } = await reread()
    const reloaded = await running
      .reload({ flags, config: config.gateway ?? {} })
      .catch(async (error: unknown) => {
        throw await locate(error)
      })
    const takesRestart = [
      ...reloaded.takesRestart.map(path => `gateway.${kebabCase(path)}`),
      ...changedKeys(started.node, config.node).map(key => `node.${key}`),
    ]
    const note = takesRestart.length === 0 ? {} : { takesRestart: takesRestart.join(', ') }
    run.logger.info('the configuration was read again', { file: flags.config, ...note })
    return { takesRestart }
  }
  let last: Promise<unknown> = Promise.resolve()
  // One after the other, whatever came of the one before.
  const reload = async (): Promise<ReloadReport> => {
    const next = last.then(reloadNow, reloadNow)
    last = next
    return next
  }
  if (run.flags.config !== undefined)
    run.onHangup?.(() => {
      reload().catch((error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error)
        run.logger.error('the configuration stays as it was', { problem })
      })
    })
  return reload
}

/** Keys of a table of the file that are not as they were. */
function changedKeys(before: object = {}, now: object = {}): string[] {
  const [some, others] = [new Map(Object.entries(before)), new Map(Object.entries(now))]
  const keys = [...new Set([...some.keys(), ...others.keys()])]
  return keys.filter(key => JSON.stringify(some.get(key)) !== JSON.stringify(others.get(key)))
}

/** A version that the node learns of ends the answers that were made of the one before. */
export function forgetOldVersions(node: Node, gateway: Gateway): void {
  node.addEventListener('record', ({ detail }) => {
    gateway.forget(detail.record.zoneId)
  })
}

/** What the daemon's calls about guards ask of a gateway in its process. */
export function guardOf(running: RunningGateway): GuardedGateway {
  const { continuity } = running.gateway
  return {
    guards: () => continuity.guards,
    doubts: () => continuity.doubts(),
    accept: name => continuity.accept(name),
    readGuards: async () => running.readGuards(),
  }
}

/** What they ask of it about pins. */
export function pinsIn(running: RunningGateway): PinningGateway {
  const { continuity } = running.gateway
  return {
    pins: () => continuity.pins(),
    accept: domain => continuity.acceptPin(domain),
    forget: domain => continuity.forgetPin(domain),
    readPins: async () => running.readPins(),
  }
}

export function gatewayStatus({ gateway, flags, metricsAddress }: RunningGateway): GatewayStatus {
  return {
    addresses: gateway.addresses,
    tls: gateway.tlsAddresses,
    https: gateway.httpsAddresses,
    suffixes: flags.suffix ?? [DEFAULT_SUFFIX],
    upstreams: flags.upstream ?? [],
    stats: gateway.stats(),
    doubts: gateway.continuity.doubts(),
    conflicts: gateway.continuity.pins().filter(({ conflict }) => conflict !== undefined),
    ...defined({ metrics: metricsAddress }),
  }
}

interface Running {
  readonly node?: Node
  readonly running?: RunningGateway
  readonly daemon?: DaemonServer
}

// One line of data once everything runs, which is what a program that starts this one waits for.
function announce({ terminal, dataDir, logger }: Run<unknown>, { node, running, daemon }: Running): void {
  const gateway = running?.gateway
  const dns = gateway?.addresses.map(printHostPort)
  const tls = printAll(gateway?.tlsAddresses)
  const https = printAll(gateway?.httpsAddresses)
  const metrics = running?.metricsAddress && printHostPort(running.metricsAddress)
  const http = node?.status().http
  if (terminal.json)
    return terminal.jsonData({
      ready: true,
      pid: process.pid,
      data: dataDir,
      ...defined({
        peerId: node?.peerId,
        addresses: node?.addresses,
        http,
        dns,
        tls,
        https,
        metrics,
        socket: daemon?.path,
      }),
    })
  for (const address of node?.addresses ?? []) terminal.data(`peers  ${address}`)
  if (http !== undefined) terminal.data(`HTTP   ${http}`)
  for (const address of dns ?? []) terminal.data(`DNS    ${address}`)
  for (const address of tls ?? []) terminal.data(`DoT    ${address}`)
  for (const address of https ?? []) terminal.data(`DoH    https://${address}/dns-query`)
  if (metrics !== undefined) terminal.data(`metrics http://${metrics}/metrics`)
  terminal.data('ready')
  logger.debug('ready', { data: dataDir })
}

function printAll(addresses: readonly HostPort[] | undefined): string[] | undefined {
  return addresses === undefined || addresses.length === 0 ? undefined : addresses.map(printHostPort)
}
