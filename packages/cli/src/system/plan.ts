import { DEFAULT_SUFFIX } from '../options.ts'
import { printHostPort } from '../values/host-port.ts'
import { type Part, type Plan, type Purpose, type Scope, impossible, joined, part } from './change.ts'
import type { ConfigFacts, Facts, LinuxFacts, MacBefore, MacFacts, ProgramFacts } from './facts.ts'
import { type Upstreams, gatewayConfig, upstreamLines } from './gateway-config.ts'
import { serviceData } from './paths.ts'
import { type Place, placeOf } from './place.ts'
import { throughDnsmasq } from './resolver/dnsmasq.ts'
import { throughMacos } from './resolver/macos.ts'
import { throughNetworkManager } from './resolver/network-manager.ts'
import { keptServers, noServers, throughResolvConf } from './resolver/resolv-conf.ts'
import { throughResolved } from './resolver/resolved.ts'
import { type LinuxResolver, whoResolves } from './resolver/which.ts'
import { throughNrpt } from './resolver/windows.ts'
import { launchdDaemon } from './service/launchd.ts'
import { systemdService } from './service/systemd.ts'
import { windowsTask } from './service/windows-task.ts'
import type { Setup } from './setup.ts'
import { upstreamsFor } from './upstreams.ts'

export interface Wishes {
  readonly scope: Scope
  /** Absolute path of the configuration that the service reads. */
  readonly config: string
}

type Settled = Place & { readonly kind: 'at' }

/** Ports below this are the administrator's on Unix. */
const FIRST_FREE_PORT = 1024

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
    serversPart(facts, resolver, wishes.scope),
    configPart(facts, wishes, place, upstreamsFor(facts, resolver, wishes.scope)),
    servicePart(facts, wishes.config, place),
    part({
      kind: 'wait',
      sentence: `waits until the gateway answers at ${printHostPort(at)}, before any program is sent there`,
      at,
      suffix: suffixes[0] as string,
    }),
    resolverPart(facts, resolver, setup),
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

function serversPart(facts: Facts, resolver: LinuxResolver | undefined, scope: Scope): Part {
  const replaced = scope === 'all' && resolver?.kind === 'resolv-conf' && resolver.live === undefined
  return replaced && facts.platform === 'linux' ? keptServers(facts) : part()
}

function configPart(
  facts: Facts,
  { config: path, scope }: Wishes,
  place: Settled,
  upstreams: Upstreams,
): Part {
  if (facts.config === undefined) {
    const none = upstreams.kind === 'servers' && upstreams.servers.length === 0
    return {
      changes: [gatewayConfig({ path, listen: place.listen, upstreams, mode: 0o644 })],
      notes: none ? [noServers(path)] : [],
    }
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
  switch (facts.platform) {
    case 'linux':
      return facts.systemd === undefined
        ? { changes: [], notes: [startItYourself(facts.program, configPath)] }
        : systemdService(facts.program, configPath)
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
