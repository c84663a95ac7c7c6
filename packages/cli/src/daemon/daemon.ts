import type { Node } from '@signpost/node'
import { summaryOf, writeInspection } from '../inspection.ts'
import { findDaemon } from '../node-access.ts'
import { UsageError } from '../errors.ts'
import type { Run } from '../run.ts'
import { version } from '../version.ts'
import { fieldsOf, readZoneId } from './codec.ts'
import { DaemonRunningError } from './errors.ts'
import { type Flush, flushRoute } from './flushes.ts'
import { type GuardChange, type GuardedGateway, guardRoutes } from './guards.ts'
import { Listeners } from './listeners.ts'
import { newsRoute } from './news.ts'
import { petnameRoutes } from './petnames.ts'
import { type PinChange, type PinningGateway, pinRoutes } from './pins.ts'
import { followRoutes, zoneRoutes } from './routes.ts'
import { type DaemonServer, type Routes, serve } from './server.ts'
import { socketPathOf } from './socket-path.ts'
import { type GatewayStatus, readDaemonStatus, writeDaemonStatus } from './status.ts'

/** How long a daemon has to say who it is, in milliseconds. */
const WHO_WAIT = 2_000

/** @throws DaemonRunningError where a daemon runs on the data directory already. */
export async function refuseSecondDaemon(run: Run<unknown>): Promise<void> {
  const daemon = await findDaemon(run)
  if (daemon === undefined) return
  let pid: number | undefined
  try {
    const signal = AbortSignal.any([run.stop, AbortSignal.timeout(WHO_WAIT)])
    pid = readDaemonStatus(await daemon.call('status', {}, { signal })).pid
  } catch {
    // One that cannot say who it is runs all the same.
  }
  throw new DaemonRunningError(run.dataDir, pid)
}

/** The gateway of a daemon that has one. */
export interface DaemonGateway {
  readonly status: () => GatewayStatus
  /** Forgets answers, and says how many. */
  readonly flush: (flush: Flush) => number
  /** Resolves once petnames that have changed are known. */
  readonly readPetnames: () => Promise<void>
  readonly guard: GuardedGateway
  readonly pins: PinningGateway
  /** Reads the configuration again. */
  readonly reload?: () => Promise<ReloadReport>
}

/** What came of reading the configuration again. */
export interface ReloadReport {
  /** Keys of the file whose new values count from the next start on. */
  readonly takesRestart: readonly string[]
}

/** Lets other commands use this node. The node holds the lock of the data directory. */
export async function serveDaemon(
  run: Run<unknown>,
  node: Node,
  gateway?: DaemonGateway,
): Promise<DaemonServer> {
  const flushes = new Listeners<Flush>()
  const petnames = new Listeners<void>()
  const guards = new Listeners<GuardChange>()
  const pins = new Listeners<PinChange>()
  const routes: Routes = new Map([
    ...zoneRoutes(node),
    ['news', newsRoute(node, { flushes, petnames, guards, pins })],
    ['flush', flushRoute(flushes, gateway?.flush)],
    ...followRoutes(node),
    ...petnameRoutes(run.petnames, async () => {
      petnames.tell()
      await gateway?.readPetnames()
    }),
    ...guardRoutes(run.guards, guards, gateway?.guard),
    ...pinRoutes(run.pins, pins, gateway?.pins),
    ['keptAlive', async () => [...(await node.keptAlive())]],
    [
      'inspect',
      async body => writeInspection(summaryOf(await node.inspect(readZoneId(fieldsOf(body)['zoneId'])))),
    ],
    [
      'reload',
      async () => {
        if (gateway?.reload === undefined)
          throw new UsageError(
            'this daemon is a node alone; a gateway beside it reads its configuration again on a signal: kill -HUP <its pid>',
          )
        const { takesRestart } = await gateway.reload()
        return { takesRestart: [...takesRestart] }
      },
    ],
    [
      'status',
      async () => {
        const status = { version: version(), pid: process.pid, node: node.status() }
        return writeDaemonStatus(gateway === undefined ? status : { ...status, gateway: gateway.status() })
      },
    ],
  ])
  return serve({
    path: socketPathOf(run.dataDir),
    routes,
    onUnexpected: error => {
      run.logger.error('a call met an error', {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    },
  })
}
