import { DEFAULT_SUFFIX } from '../options.ts'
import { type HostPort, printHostPort } from '../values/host-port.ts'
import { type Part, type Plan, type Purpose, type Scope, impossible, joined, part } from './change.ts'
import type { ConfigFacts, Facts, LinuxFacts, MacBefore, MacFacts, ProgramFacts } from './facts.ts'
import { type Upstreams, gatewayConfig, upstreamLines } from './gateway-config.ts'
import { parseResolvConf } from './machine/resolv-conf.ts'
import { serviceData } from './paths.ts'
import { FIRST_FREE_PORT, OWN_LOOPBACK, type Place, placeOf } from './place.ts'
import { throughDnsmasq } from './resolver/dnsmasq.ts'
import { throughMacos } from './resolver/macos.ts'
import { throughNetworkManager } from './resolver/network-manager.ts'
import { keptServers, liveServers, noServers, throughResolvConf } from './resolver/resolv-conf.ts'
import { throughResolved } from './resolver/resolved.ts'
import { type LinuxResolver, STUB_ADDRESS, whoResolves } from './resolver/which.ts'
import { throughNrpt } from './resolver/windows.ts'
import { launchdDaemon } from './service/launchd.ts'
import { systemdService } from './service/systemd.ts'
import { windowsTask } from './service/windows-task.ts'
import type { Setup } from './setup.ts'
import { inClearText, upstreamsFor } from './upstreams.ts'

export interface Wishes {
  readonly scope: Scope
  /** Absolute path of the configuration that the service reads. */
  readonly config: string
}

type Settled = Place & { readonly kind: 'at' }

/**
 * What installing comes to on a machine: first the configuration and the service, and once the gateway answers, the
 * machine's resolver.
 */
export function planInstall(facts: Facts, wishes: Wishes): Plan {
  const resolver = facts.platform === 'linux' ? whoResolves(facts) : undefined
  const place = placeOf(facts, resolver, wishes)
  const purpose: Purpose = { ...wishes, ...(facts.platform === 'darwin' && { mac: macBefore(facts) }) }
  if (place.kind === 'nowhere') return joined(purpose, [impossible(place.problem)])
  const { at } = place
  const suffixes = facts.config?.suffixes ?? [DEFAULT_SUFFIX]
  const setup: Setup = { scope: wishes.scope, suffixes, at }
  return joined(purpose, [
    programPart(facts.program),
    serversPart(facts, resolver, wishes, at),
    configPart(facts, wishes, place, upstreamsFor(facts, resolver, wishes.scope)),
    encryptionPart(facts, resolver, wishes),
    portPart(facts, at),
    servicePart(facts, wishes.config, place),
    part({
      kind: 'wait',
      sentence: `waits until the gateway answers at ${printHostPort(at)}, before any program is sent there`,
      at,
      suffix: suffixes[0] as string,
    }),
    resolverPart(facts, resolver, setup),
    throughPart(facts, resolver, setup),
  ])
}

function macBefore({ services, servers, freeUserId }: MacFacts): MacBefore {
  return { services, servers, freeUserId }
}

/** Where npx keeps programs, until it needs the room. */
const NPX = /[\\/]_npx[\\/]/

function programPart({ program }: ProgramFacts): Part {
  return NPX.test(program)
    ? impossible(`npx keeps ${program} for a while only; install signpost with npm install --global signpost`)
    : part()
}

function serversPart(
  facts: Facts,
  resolver: LinuxResolver | undefined,
  { scope, config }: Wishes,
  at: HostPort,
): Part {
  if (scope !== 'all' || facts.platform !== 'linux' || resolver?.kind !== 'resolv-conf') return part()
  // Then nobody asks those of resolv.conf.
  if (facts.config?.upstreams === 'others') return part()
  const { live } = resolver
  return live === undefined ? keptServers(facts, at, config) : liveServers(facts, live, at, config)
}

function encryptionPart(facts: Facts, resolver: LinuxResolver | undefined, { scope, config }: Wishes): Part {
  if (scope !== 'all' || facts.platform !== 'linux' || resolver?.kind !== 'resolved') return part()
  if (facts.config?.upstreams === 'others') return part()
  const note = inClearText(facts, config)
  return note === undefined ? part() : { changes: [], notes: [note] }
}

/** Of a configuration that is there. */
function portPart({ platform, config }: Facts, at: HostPort): Part {
  if (platform !== 'linux' || config === undefined || at.port < FIRST_FREE_PORT) return part()
  return {
    changes: [],
    notes: [
      `while the gateway is down, anybody on this machine may answer at ${printHostPort(at)}; a port below ` +
        `${FIRST_FREE_PORT} is safe from that, such as ${OWN_LOOPBACK}:53 in gateway.listen`,
    ],
  }
}

/** A look through the resolver as programs have it: other settings of it may stand against ours. */
function throughPart(facts: Facts, resolver: LinuxResolver | undefined, { suffixes }: Setup): Part {
  if (facts.platform !== 'linux') return part()
  const [suffix = ''] = suffixes
  const look = (by: string, host: string): Part =>
    part({
      kind: 'wait',
      sentence: `looks whether names below ${suffix} reach the gateway through ${by}`,
      at: { host, port: 53 },
      by,
      suffix,
    })
  if (resolver?.kind === 'resolved' && facts.resolved?.stubListener === true)
    return look('systemd-resolved', STUB_ADDRESS)
  const [server] = parseResolvConf(facts.resolvConf.text).servers
  return resolver?.kind === 'dnsmasq' && server !== undefined ? look('dnsmasq', server) : part()
}

function configPart(
  facts: Facts,
  { config: path, scope }: Wishes,
  place: Settled,
  upstreams: Upstreams,
): Part {
  if (facts.config === undefined) {
    if (upstreams.kind === 'servers' && upstreams.servers.length === 0) return impossible(noServers(path))
    return part(gatewayConfig({ path, listen: place.listen, upstreams, mode: 0o644 }))
  }
  const missing = scope === 'all' ? missingIn(facts.config, upstreams) : undefined
  if (missing !== undefined)
    return impossible(`${missing.why}; in the table [gateway] of ${path}, write ${missing.write}`)
  return { changes: [], notes: [`${path} is there already and stays as it is`] }
}

/** What a configuration that is there needs, once all names come to the gateway. */
function missingIn(config: ConfigFacts, upstreams: Upstreams): { why: string; write: string } | undefined {
  if (config.upstreams === 'others') return undefined
  const write = upstreamLines(upstreams).join(' and ')
  if (config.upstreams === 'none')
    return { why: 'the gateway has no upstreams, so every ordinary name would be refused', write }
  const found = upstreams.kind === 'system' || config.resolvConf !== undefined
  return found
    ? undefined
    : { why: "this machine's resolver would be the gateway itself, which is no upstream for it", write }
}

function servicePart(facts: Facts, configPath: string, { listen }: Settled): Part {
  const problem = facts.configUnreadable
  const ownUser =
    facts.platform === 'linux' ||
    (facts.platform === 'darwin' && listen.every(({ port }) => port >= FIRST_FREE_PORT))
  if (problem !== undefined && ownUser)
    return impossible(
      `the service has a user of its own, who cannot read ${problem} on the way to its configuration; let everybody read it, ` +
        'or name a configuration elsewhere with --config',
    )
  switch (facts.platform) {
    case 'linux':
      return facts.systemd === undefined
        ? { changes: [], notes: [startItYourself(facts.program, configPath)] }
        : systemdService(facts.program, configPath, listen)
    case 'darwin':
      return launchdDaemon(
        facts,
        configPath,
        listen.some(({ port }) => port < FIRST_FREE_PORT),
      )
    case 'win32':
      return windowsTask(facts, configPath)
  }
}

function startItYourself({ node, nodeArguments, program }: ProgramFacts, configPath: string): string {
  const words = [
    node,
    ...nodeArguments,
    program,
    'up',
    '--config',
    configPath,
    '--data',
    serviceData('linux', {}),
  ]
  return `there is no systemd here: let whatever starts this machine's services run ${words.join(' ')}`
}

function resolverPart(facts: Facts, resolver: LinuxResolver | undefined, setup: Setup): Part {
  switch (facts.platform) {
    case 'linux':
      return onLinux(facts, resolver as LinuxResolver, setup)
    case 'darwin':
      return throughMacos(facts, setup)
    case 'win32':
      return throughNrpt(setup)
  }
}

function onLinux(facts: LinuxFacts, resolver: LinuxResolver, setup: Setup): Part {
  switch (resolver.kind) {
    case 'resolved':
      return throughResolved(resolver, facts, setup)
    case 'network-manager':
      return throughNetworkManager(facts, resolver.dnsmasq, setup)
    case 'dnsmasq':
      return facts.dnsmasq === undefined ? part() : throughDnsmasq(facts.dnsmasq, setup)
    case 'resolv-conf':
      return throughResolvConf(facts, resolver.live, setup)
  }
}
