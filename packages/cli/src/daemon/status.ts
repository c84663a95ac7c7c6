import type { DoubtReport, GatewayStats, PinReport } from '@signpost/gateway'
import type { NodeStatus, RefusalCounts } from '@signpost/node'
import { describeDoubt } from '../describe-doubt.ts'
import { describeConflict } from '../describe-pin.ts'
import { type HostPort, printHostPort } from '../values/host-port.ts'
import { printDuration } from '../values/duration.ts'
import { printNetwork } from '../values/network.ts'
import { fieldsOf } from './codec.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Json } from './transport.ts'

/** How a daemon is. */
export interface DaemonStatus {
  readonly version: string
  readonly pid: number
  readonly node: NodeStatus
  /** Absent where the daemon is a node alone. */
  readonly gateway?: GatewayStatus
}

export interface GatewayStatus {
  readonly addresses: readonly HostPort[]
  readonly suffixes: readonly string[]
  readonly tls: readonly HostPort[]
  readonly https: readonly HostPort[]
  readonly metrics?: HostPort
  /** As they were given; what they come to is in the stats. */
  readonly upstreams: readonly string[]
  readonly stats: GatewayStats
  /** Guarded names that are in doubt, the oldest first. */
  readonly doubts: readonly DoubtReport[]
  /** Pinned domains that name another zone now, so that the user has to decide. */
  readonly conflicts: readonly PinReport[]
}

export function writeDaemonStatus(status: DaemonStatus): Json {
  // Plain data throughout, except that undefined is left out.
  return JSON.parse(JSON.stringify(status)) as Json
}

/** @throws DaemonProtocolError */
export function readDaemonStatus(result: Json): DaemonStatus {
  const { version, pid, node } = fieldsOf(result)
  if (typeof version !== 'string' || typeof pid !== 'number' || typeof node !== 'object')
    throw new DaemonProtocolError('the daemon answered with something that is no status')
  // The daemon speaks the same version of the protocol, so the rest is what the type says.
  return result as unknown as DaemonStatus
}

/** Lines for people. @param now milliseconds since the epoch. */
export function describeStatus({ version, pid, node, gateway }: DaemonStatus, now: number): string[] {
  const unreached = node.bootstrap.filter(({ connected }) => !connected)
  return [
    `daemon    signpost ${version}, process ${pid}, up ${printDuration(now - node.startedAt)}`,
    `data      ${node.dataDir ?? 'in memory'}`,
    ...node.networks.map(
      ({ network, mode, known }) => `network   ${printNetwork(network)}, as a ${mode}, ${known} peers known`,
    ),
    `peers     ${node.connected} connected${node.mdns ? ', looking for more by mDNS' : ''}`,
    ...unreached.map(
      ({ address, problem }) =>
        `          not reached: ${address}${problem === undefined ? '' : ` (${problem})`}`,
    ),
    `peer ID   ${node.peerId}`,
    ...node.addresses.map((address, at) => `${at === 0 ? 'addresses' : '         '} ${address}`),
    ...(node.http === undefined ? [] : [`HTTP      ${node.http}`]),
    ...(node.followed === 0 ? [] : [`following ${node.followed} ${node.followed === 1 ? 'zone' : 'zones'}`]),
    ...describeRefused(node.refused),
    ...(gateway === undefined ? [] : describeGateway(gateway, now)),
  ]
}

// Nothing where there is nothing: most nodes never meet a bad record.
function describeRefused(refused: RefusalCounts): string[] {
  const counts = Object.entries(refused).filter(([, count]) => count > 0)
  if (counts.length === 0) return []
  return [`refused   ${counts.map(([reason, count]) => `${count} ${describeReason(reason)}`).join(', ')}`]
}

function describeReason(reason: string): string {
  return reason === 'room' ? 'for want of room' : reason
}

function describeGateway(gateway: GatewayStatus, now: number): string[] {
  const { addresses, suffixes, stats, doubts } = gateway
  const { packets, pending } = stats
  const total = Object.values(packets).reduce((sum, count) => sum + count, 0)
  return [
    `DNS       ${addresses.map(printHostPort).join(', ')}, for names below ${suffixes.join(', ')}`,
    ...describeUpstreams(stats.upstream.upstreams),
    `queries   ${total} since the start, ${pending} waiting`,
    `cache     ${describeCache(stats.cache)}`,
    ...describePins(gateway, now),
    ...describeContinuity(stats.continuity, doubts, now),
  ]
}

/** Pins to decide about that are listed. */
const CONFLICTS = 20

// Nothing where nothing is pinned.
function describePins({ stats, conflicts }: GatewayStatus, now: number): string[] {
  const { pins, waiting } = stats.continuity.owners
  const total = pins.dnssec + pins['first-use'] + pins.user
  if (total + waiting === 0) return []
  const ways = `${pins.dnssec} by DNSSEC, ${pins['first-use']} by first use, ${pins.user} by you`
  const more = conflicts.length - CONFLICTS
  return [
    `pins      ${total} ${total === 1 ? 'domain' : 'domains'}: ${ways}; ${waiting} more seen once`,
    ...conflicts.slice(0, CONFLICTS).map(pin => `          ${pin.domain}: ${describeConflict(pin, now)}`),
    ...(more > 0 ? [`          and ${more} more`] : []),
  ]
}

/** Doubts that are listed; where a whole network is away there may be thousands. */
const DOUBTS = 20

/** Nothing where nothing is guarded and nothing was given. */
export function describeContinuity(
  { given, guard }: Pick<GatewayStats['continuity'], 'given' | 'guard'>,
  doubts: readonly DoubtReport[],
  now: number,
): string[] {
  const { owners, lastGood, witnesses } = given
  const answered = owners + lastGood + witnesses
  const lines: string[] = []
  if (guard.patterns > 0) {
    const patterns = `${guard.patterns} ${guard.patterns === 1 ? 'pattern' : 'patterns'} of names`
    lines.push(`guard     ${patterns}, ${guard.answers} good answers known, ${doubts.length} in doubt`)
  }
  lines.push(...doubts.slice(0, DOUBTS).map(doubt => `          ${describeDoubt(doubt, now)}`))
  if (doubts.length > DOUBTS) lines.push(`          and ${doubts.length - DOUBTS} more`)
  if (answered > 0)
    lines.push(
      `stood in  for ordinary DNS: ${owners} answers of owners' zones, ${lastGood} last good ones, ${witnesses} of witnesses`,
    )
  return lines
}

type UpstreamStats = GatewayStats['upstream']['upstreams'][number]

const CONDITIONS: Readonly<Record<UpstreamStats['condition'], string>> = {
  up: '',
  late: ' (slow)',
  down: ' (does not answer)',
  loop: ' (not used: it asks this gateway itself)',
}

function describeUpstreams(upstreams: readonly UpstreamStats[]): string[] {
  if (upstreams.length === 0) return ['ordinary  names are refused (no --upstream)']
  return upstreams.map(({ upstream, domains, condition }, at) => {
    const names = domains === undefined ? 'names' : `names below ${domains.join(', ')}`
    return `${at === 0 ? 'ordinary ' : '         '} ${names} from ${upstream}${CONDITIONS[condition]}`
  })
}

function describeCache({ entries, hits, misses, stale, disk }: GatewayStats['cache']): string {
  const kept = disk === undefined ? '' : `, ${disk.entries} on disk too`
  return `${entries} answers${kept}; ${hits} of ${hits + misses} questions answered from it, and ${stale} with old answers`
}
