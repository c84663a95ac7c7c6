import { DEFAULT_SUFFIX } from '../options.ts'
import { printHostPort } from '../values/host-port.ts'
import { type Part, type Plan, type Scope, impossible, joined, part } from './change.ts'
import type { Facts, LinuxFacts, ProgramFacts } from './facts.ts'
import { type Upstreams, gatewayConfig } from './gateway-config.ts'
import { serviceData } from './paths.ts'
import { type Place, placeOf } from './place.ts'
import { throughDnsmasq } from './resolver/dnsmasq.ts'
import { throughMacos } from './resolver/macos.ts'
import { throughNetworkManager } from './resolver/network-manager.ts'
import { throughResolvConf } from './resolver/resolv-conf.ts'
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
  if (place.kind === 'nowhere') return joined([impossible(place.problem)])
  const { at } = place
  const suffixes = facts.config?.suffixes ?? [DEFAULT_SUFFIX]
  const setup: Setup = { scope: wishes.scope, suffixes, at }
  return joined([
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
      notes: none
        ? [
            `no server for ordinary names is known here; write some to upstreams in ${path}, or those names are refused`,
          ]
        : [],
    }
  }
  if (scope === 'all' && !facts.config.hasUpstreams)
    return impossible(
      `${path} has no upstreams, so every ordinary name would be refused; add to its table [gateway] a line such as ` +
        'upstreams = ["192.168.1.1"]',
    )
  return { changes: [], notes: [`${path} is there already and stays as it is`] }
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
