import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, type Ended, Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import type { At } from './servers.ts'

/** A gateway as people run it, in a process of its own, with a signed zone. */
export interface GatewayProcess extends AsyncDisposable {
  readonly at: At
  readonly pid: number
  /** Where its zone's names are. */
  readonly origin: string
  /** Octets of memory that are resident now. */
  residentMemory(): number
  /** How often a query met an error in the program. */
  failures(): Promise<number>
  /** Stops it as a service manager does. */
  stop(): Promise<Ended>
}

/** Octets that its cache may take: little, so that memory which grows is no cache that fills. */
const CACHE = 4 * 2 ** 20

/**
 * @param zone a zone file that its owner signs.
 * @param heap mebibytes that its objects may take at most. Without a bound, hundreds of thousands of queries pass before what
 * they leave behind is collected, and memory that grows says nothing.
 */
export async function startGatewayProcess(
  zone: string,
  upstream: At,
  heap?: number,
): Promise<GatewayProcess> {
  const sandbox = await Sandbox.create(
    heap === undefined ? [] : ['env', `NODE_OPTIONS=--max-old-space-size=${heap}`],
  )
  try {
    const config = join(sandbox.path, 'gateway.toml')
    await writeFile(
      config,
      `[gateway]\nupstreams = ["${upstream.host}:${upstream.port}"]\n\n[gateway.limits]\ncache-octets = ${CACHE}\n`,
    )
    const daemon = await sandbox.daemon([
      'up',
      '--network',
      'private:gateway',
      '--dns',
      '127.0.0.1:0',
      '--config',
      config,
    ])
    await sandbox.signpost(['key', 'new', 'owner'])
    // Alone in its network, so nobody acknowledges.
    const publish = ['publish', zone, '--key', 'owner', '--min-acks', '0', '--json']
    const { stdout, stderr } = await sandbox.signpost(publish)
    if (stdout === '') throw new Error(`publishing failed: ${stderr}`)
    return {
      at: addressOf(daemon),
      pid: daemon.ready.pid,
      origin: `${JSON.parse(stdout).zoneId}.signpost.internal.`,
      residentMemory: () => residentMemory(daemon.ready.pid),
      failures: async () =>
        JSON.parse((await sandbox.signpost(['status', '--json'])).stdout).gateway.stats.outcomes.failed,
      stop: () => daemon.end('SIGTERM'),
      [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
    }
  } catch (error) {
    await sandbox[Symbol.asyncDispose]()
    throw error
  }
}

function addressOf({ ready }: Daemon): At {
  const [host = '', port] = (ready.dns[0] ?? '').split(':')
  return { host, port: Number(port) }
}

/** Octets, as the kernel counts them (proc(5)). */
function residentMemory(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}
