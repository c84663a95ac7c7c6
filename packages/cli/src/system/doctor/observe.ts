import { RrType, decodeExtendedError } from '@signpost/dns'
import type { Config } from '../../config/schema.ts'
import { DEFAULT_DNS, DEFAULT_SUFFIX } from '../../options.ts'
import { type HostPort, parseHostPort } from '../../values/host-port.ts'
import { runCommand } from '../effects/commands.ts'
import { diskBelow } from '../effects/disk.ts'
import { JournalFile } from '../effects/journal.ts'
import { listenersAt } from '../machine/listeners.ts'
import { type Env, configPath, journalPath, serviceData } from '../paths.ts'
import { ask, probe } from '../probe.ts'
import { lookAtConfig } from './look-at-config.ts'
import { followedRecords, lookAtDaemon } from './look-at-daemon.ts'
import { lookAtDisk, newestFile } from './look-at-disk.ts'
import { lookAtInstallation } from './look-at-installation.ts'
import type { Asked, Observations } from './observations.ts'
import { askSystemResolvers } from './system-resolvers.ts'

export interface Looking {
  readonly platform: NodeJS.Platform
  readonly env: Env
  /** Absolute; where there is an installation its own counts. */
  readonly dataDir: string
  /** Absolute; undefined for the one that the installation reads, or the usual one. */
  readonly config: string | undefined
}

const DNS_PORT = 53

/** Looks at the machine and asks around. Changes nothing. */
export async function observe({
  platform,
  env,
  dataDir: ownDirectory,
  config: ownConfig,
}: Looking): Promise<Observations> {
  const disk = diskBelow('/')
  const journal = new JournalFile(disk, journalPath(platform, env))
  const installation = await lookAtInstallation(journal, disk, platform)
  const dataDir = installation === undefined ? ownDirectory : serviceData(platform, env)
  const { seen: config, values } = await lookAtConfig(
    ownConfig ?? installation?.config ?? configPath(platform, env),
  )
  const daemon = await lookAtDaemon(dataDir)
  const gateway = daemon.kind === 'running' ? daemon.status.gateway : undefined
  const suffix = (gateway?.suffixes ?? values.gateway?.suffixes)?.[0] ?? DEFAULT_SUFFIX
  const addresses = gateway?.addresses ?? configured(values)
  const records = daemon.kind === 'running' ? await followedRecords(dataDir) : []
  const now = Date.now()
  return {
    platform,
    now,
    dataDir,
    installation,
    config,
    daemon,
    suffix,
    listening: await askAll(addresses, suffix),
    holders: await listenersAt([...new Set([DNS_PORT, ...addresses.map(({ port }) => port)])]),
    resolvers: await askSystemResolvers(suffix, platform, disk),
    ordinary: await askOrdinary(addresses[0]),
    clock: {
      synchronized: await isSynchronized(platform),
      lastWritten: await newestFile(dataDir),
      records: records.length,
      expired: records.filter(validity => validity < now).length,
    },
    disk: await lookAtDisk(dataDir, platform),
  }
}

function configured({ gateway }: Config): readonly HostPort[] {
  return gateway?.listen?.map(place => parseHostPort(place)) ?? [DEFAULT_DNS]
}

async function askAll(addresses: readonly HostPort[], suffix: string): Promise<readonly Asked[]> {
  return Promise.all(
    addresses.flatMap(place => {
      const at = reachable(place)
      return (['udp', 'tcp'] as const).map(async transport => ({
        at,
        transport,
        answer: await probe(at, suffix, transport),
      }))
    }),
  )
}

/** Who listens on every address is asked on loopback. */
function reachable({ host, port }: HostPort): HostPort {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port }
  return { host: host === '::' ? '::1' : host, port }
}

/** Milliseconds: upstreams are tried one after the other. */
const FORWARDED_WAIT = 6000

/** The root's name servers: whoever resolves names knows them. */
async function askOrdinary(at: HostPort | undefined): Promise<Observations['ordinary']> {
  if (at === undefined) return undefined
  try {
    const reply = await ask(reachable(at), {
      name: '.',
      type: RrType.NS,
      transport: 'udp',
      wait: FORWARDED_WAIT,
    })
    const explanations = (reply.edns?.options ?? []).flatMap(
      option => decodeExtendedError(option)?.text ?? [],
    )
    return { rcode: reply.rcode, explanations }
  } catch {
    return undefined
  }
}

async function isSynchronized(platform: NodeJS.Platform): Promise<boolean | undefined> {
  if (platform !== 'linux') return undefined
  const { stdout } = await runCommand(['timedatectl', 'show', '--property=NTPSynchronized', '--value'])
  const said = stdout.trim()
  return said === '' ? undefined : said === 'yes'
}
