import { setTimeout as sleep } from 'node:timers/promises'
import type { ZoneId } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { Node, NodeOptions, ZoneClient } from '@signpost/node'
import { DaemonClient } from './daemon/daemon-client.ts'
import { SocketPathTooLongError } from './daemon/errors.ts'
import { guardBookOf } from './daemon/guards.ts'
import { petnamesOf } from './daemon/petnames.ts'
import { readFollows } from './daemon/follows.ts'
import { isServed } from './daemon/server.ts'
import { socketPathOf } from './daemon/socket-path.ts'
import { defined } from './defined.ts'
import { UsageError } from './errors.ts'
import { type Inspection, readInspection, summaryOf } from './inspection.ts'
import type { GuardBook } from './guards/guard-store.ts'
import type { NodeFlags } from './options.ts'
import type { PetnameBook } from './petnames/petname-store.ts'
import type { Run } from './run.ts'
import { networksToJoin } from './values/network.ts'

/** A node that a command uses: the running daemon's, or one that lives as long as the command. */
export interface NodeAccess extends AsyncDisposable {
  readonly kind: 'daemon' | 'own'
  readonly client: ZoneClient
  inspect(zoneId: ZoneId): Promise<Inspection>
  /** As `Node` says. */
  readonly followed: Pick<Node, 'follow' | 'unfollow' | 'follows'>
}

/** How long a command waits for another one that has the data directory open, in milliseconds. */
const LOCK_WAIT = 10_000
const LOCK_PAUSE = 100

/** The flags of a node of one's own, by the option that they set. */
const NODE_FLAGS: Readonly<Record<keyof NodeFlags, string>> = {
  network: '--network',
  listen: '--listen',
  bootstrap: '--bootstrap',
  delegatedRouting: '--delegated-routing',
  http: '--http',
  httpCors: '--http-cors',
  trustedProxy: '--trusted-proxy',
  announce: '--announce',
  relay: '--relay',
  nat: '--no-nat',
  mdns: '--no-mdns',
  push: '--no-push',
}

/** Warns of flags that a command was given for a node, and that the running daemon's does not have. */
export function warnOfUnusedFlags({ given, logger }: Pick<Run<NodeFlags>, 'given' | 'logger'>): void {
  for (const [option, flag] of Object.entries(NODE_FLAGS))
    if (given(option)) logger.warn(`${flag} changes nothing: the node of the running daemon is used`)
}

/** The daemon of the data directory, where one listens. */
export async function findDaemon(run: Run<unknown>): Promise<DaemonClient | undefined> {
  let path: string
  try {
    path = socketPathOf(run.dataDir)
  } catch (error) {
    // Where there can be no socket there is no daemon.
    if (error instanceof SocketPathTooLongError) return undefined
    throw error
  }
  return (await isServed(path)) ? new DaemonClient({ path, dataDir: run.dataDir }) : undefined
}

/** The petnames of the data directory, by way of the daemon where one runs, whose files they are. */
export async function petnameBook(run: Run<unknown>): Promise<PetnameBook> {
  const daemon = await findDaemon(run)
  return daemon === undefined ? run.petnames : petnamesOf(daemon)
}

/** The guards of the data directory, in the same way. */
export async function guardBook(run: Run<unknown>): Promise<GuardBook> {
  const daemon = await findDaemon(run)
  return daemon === undefined ? run.guards : guardBookOf(daemon)
}

/** Uses the daemon where there is one, else starts a node that asks others and keeps nothing for them. */
export async function accessNode(run: Run<NodeFlags>): Promise<NodeAccess> {
  const daemon = await findDaemon(run)
  if (daemon !== undefined) {
    warnOfUnusedFlags(run)
    return daemonAccess(daemon)
  }
  run.logger.info('no daemon runs; starting a node for this command', { data: run.dataDir })
  const node = await startPatiently({ ...nodeOptions(run), mode: 'client' }, run.stop)
  return {
    kind: 'own',
    client: node,
    inspect: async zoneId => summaryOf(await node.inspect(zoneId)),
    followed: node,
    [Symbol.asyncDispose]: async () => {
      await node.stop()
    },
  }
}

/** The options of a node that the flags say. */
export function nodeOptions({ flags, dataDir, logger, env }: Run<NodeFlags>): NodeOptions {
  const { network: chosen, listen, bootstrap, delegatedRouting, announce, relay } = flags
  const publicForbidden = env['SIGNPOST_NO_PUBLIC_NETWORK'] !== undefined
  const networks = networksToJoin({ chosen, listen, publicForbidden })
  // Where it is not switched off, the node knows for which networks it makes sense.
  const mdns = flags.mdns ? undefined : false
  const nat = flags.nat ? undefined : false
  const http = httpOptions(flags)
  const given = defined({ listen, bootstrap, delegatedRouting, http, announce, relay, nat, mdns })
  return { dataDir, networks, logger, push: flags.push, ...given }
}

function httpOptions({ http, httpCors, trustedProxy }: NodeFlags): NodeOptions['http'] {
  if (http !== undefined) return { ...http, ...defined({ cors: httpCors, proxies: trustedProxy }) }
  if (httpCors === undefined && trustedProxy === undefined) return undefined
  const flag = httpCors === undefined ? NODE_FLAGS.trustedProxy : NODE_FLAGS.httpCors
  throw new UsageError(`${flag} is for a node that serves HTTP; add --http 127.0.0.1:8080`)
}

/** Loads what a node needs only now: commands that need none start ten times as fast. */
export async function startNode(options: NodeOptions): Promise<Node> {
  const { createNode } = await import('@signpost/node')
  return createNode(options)
}

function daemonAccess(daemon: DaemonClient): NodeAccess {
  return {
    kind: 'daemon',
    client: daemon,
    inspect: async zoneId => readInspection(zoneId, await daemon.call('inspect', { zoneId })),
    followed: {
      follow: async zoneId => (await daemon.call('follow', { zoneId })) === true,
      unfollow: async zoneId => (await daemon.call('unfollow', { zoneId })) === true,
      follows: async () => readFollows(await daemon.call('follows', {})),
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Two short commands at once on one data directory take turns. */
export async function startPatiently(options: NodeOptions, stop: AbortSignal): Promise<Node> {
  const giveUpAt = Date.now() + LOCK_WAIT
  for (;;) {
    try {
      return await startNode(options)
    } catch (error) {
      const locked = error instanceof SignpostError && error.code === 'STORE_LOCKED'
      if (!locked || Date.now() > giveUpAt) throw error
    }
    await sleep(LOCK_PAUSE, undefined, { signal: stop })
  }
}
