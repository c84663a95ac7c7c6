import type { Command } from 'commander'
import type { Gateway } from '@signpost/gateway'
import type { Node, ZoneResolver } from '@signpost/node'
import { hearNews } from '../daemon/news.ts'
import { refuseSecondDaemon, serveDaemon } from '../daemon/daemon.ts'
import type { DaemonServer } from '../daemon/server.ts'
import type { GatewayStatus } from '../daemon/status.ts'
import { defined } from '../defined.ts'
import { findDaemon, nodeOptions, startNode, warnOfUnusedFlags } from '../node-access.ts'
import {
  DEFAULT_DNS,
  DEFAULT_SUFFIX,
  type GatewayFlags,
  type NodeFlags,
  withGatewayOptions,
  withNodeOptions,
} from '../options.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { aborted } from '../signals.ts'
import { collectStartGarbage } from '../start-garbage.ts'
import { printHostPort } from '../values/host-port.ts'

/** The commands that run until they are stopped, in the order in which help lists them. */
export function addRunningCommands(program: Command, surroundings: Surroundings): void {
  withGatewayOptions(withNodeOptions(program.command('up'), 'server'))
    .description('run a node and a DNS gateway until stopped')
    .addHelpText('after', '\nExample:\n  $ signpost up --upstream 192.168.1.1')
    .action(async (_flags, command: Command) => {
      await up(beginRun(surroundings, command, 'long'))
    })

  withNodeOptions(program.command('node'), 'server')
    .description('run a node alone: it keeps signed records for others and republishes yours')
    .addHelpText('after', '\nExample:\n  $ signpost node --listen /ip4/0.0.0.0/tcp/4011')
    .action(async (_flags, command: Command) => {
      await nodeAlone(beginRun(surroundings, command, 'long'))
    })

  withGatewayOptions(withNodeOptions(program.command('gateway'), 'server'))
    .description('run a DNS gateway on the node that runs already, or on its own')
    .addHelpText('after', '\nExample:\n  $ signpost gateway --dns 127.0.0.1:5301')
    .action(async (_flags, command: Command) => {
      await gatewayAlone(beginRun(surroundings, command, 'long'))
    })
}

async function up(run: Run<NodeFlags & GatewayFlags>): Promise<void> {
  await refuseSecondDaemon(run)
  await using node = await startNode(nodeOptions(run))
  await using gateway = await startGateway(run, node)
  forgetOldVersions(node, gateway)
  await using daemon = await serveDaemon(run, node, () => gatewayStatus(run, gateway))
  announce(run, { node, gateway, daemon })
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

async function gatewayAlone(run: Run<NodeFlags & GatewayFlags>): Promise<void> {
  const running = await findDaemon(run)
  if (running === undefined) return up(run)
  warnOfUnusedFlags(run)
  await using gateway = await startGateway(run, running)
  const news = hearNews(
    running,
    { news: zoneId => gateway.forget(zoneId), missed: () => gateway.flush() },
    { signal: run.stop, logger: run.logger },
  )
  await news.started
  announce(run, { gateway })
  await news.ended
  run.logger.info('stopping')
}

/** Starts a gateway as the flags say. */
export async function startGateway(run: Run<GatewayFlags>, resolver: ZoneResolver): Promise<Gateway> {
  const { createGateway } = await import('@signpost/gateway')
  const { dns = [DEFAULT_DNS], upstream, suffix } = run.flags
  return createGateway({
    resolver,
    listen: dns,
    logger: run.logger,
    ...defined({ upstreams: upstream, suffixes: suffix }),
  })
}

/** A version that the node learns of ends the answers that were made of the one before. */
export function forgetOldVersions(node: Node, gateway: Gateway): void {
  node.addEventListener('record', ({ detail }) => {
    gateway.forget(detail.record.zoneId)
  })
}

export function gatewayStatus({ flags }: Run<GatewayFlags>, gateway: Gateway): GatewayStatus {
  return {
    addresses: gateway.addresses,
    suffixes: flags.suffix ?? [DEFAULT_SUFFIX],
    upstreams: flags.upstream ?? [],
    stats: gateway.stats(),
  }
}

interface Running {
  readonly node?: Node
  readonly gateway?: Gateway
  readonly daemon?: DaemonServer
}

// One line of data once everything runs, which is what a program that starts this one waits for.
function announce({ terminal, dataDir, logger }: Run<unknown>, { node, gateway, daemon }: Running): void {
  const dns = gateway?.addresses.map(printHostPort)
  const http = node?.status().http
  if (terminal.json)
    return terminal.jsonData({
      ready: true,
      pid: process.pid,
      data: dataDir,
      ...defined({ peerId: node?.peerId, addresses: node?.addresses, http, dns, socket: daemon?.path }),
    })
  for (const address of node?.addresses ?? []) terminal.data(`peers  ${address}`)
  if (http !== undefined) terminal.data(`HTTP   ${http}`)
  for (const address of dns ?? []) terminal.data(`DNS    ${address}`)
  terminal.data('ready')
  logger.debug('ready', { data: dataDir })
}
