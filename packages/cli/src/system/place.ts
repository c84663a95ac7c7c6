import { DEFAULT_DNS } from '../options.ts'
import { type HostPort, printHostPort } from '../values/host-port.ts'
import type { Scope } from './change.ts'
import type { Facts, Listener } from './facts.ts'
import { isLoopback } from './machine/resolv-conf.ts'
import type { LinuxResolver } from './resolver/which.ts'

/** Where the gateway listens, and where among that it is asked; or why there is no such place. */
export type Place =
  | { readonly kind: 'at'; readonly at: HostPort; readonly listen: readonly HostPort[] }
  | { readonly kind: 'nowhere'; readonly problem: string }

const DNS_PORT = 53
/** On Linux all of 127.0.0.0/8 is this machine; the second is for where another DNS server has the first. */
const LOOPBACKS: readonly string[] = ['127.0.0.1', '127.0.0.83']

export function placeOf(
  facts: Facts,
  resolver: LinuxResolver | undefined,
  { scope, config: path }: { readonly scope: Scope; readonly config: string },
): Place {
  const dnsPort = needsDnsPort(facts, resolver, scope)
  if (facts.config === undefined) return freePlace(facts, hostsFor(facts, resolver, dnsPort), dnsPort)
  const listen = facts.config.listen ?? [DEFAULT_DNS]
  const at = listen
    .map(askedAt)
    .filter(({ port }) => !dnsPort || port === DNS_PORT)
    .sort((a, b) => Number(isLoopback(b.host)) - Number(isLoopback(a.host)))[0]
  if (at === undefined)
    return nowhere(
      `this machine's resolver can only ask at port ${DNS_PORT}, and ${path} has the gateway listen at ` +
        `${listen.map(printHostPort).join(' and ')}; add "127.0.0.1:${DNS_PORT}" to gateway.listen there`,
    )
  const holder = listen.map(place => holderOf(facts.listeners, place)).find(one => one !== undefined)
  return holder === undefined
    ? { kind: 'at', at, listen }
    : nowhere(`${taken(holder)}; stop that program, or change gateway.listen in ${path}`)
}

/** The addresses that will do, the best one first. */
function hostsFor(
  { platform }: Facts,
  resolver: LinuxResolver | undefined,
  dnsPort: boolean,
): readonly string[] {
  if (platform !== 'linux' || !dnsPort) return LOOPBACKS.slice(0, 1)
  // Its dnsmasq has the first one until the gateway takes over, and again when that goes.
  return resolver?.kind === 'network-manager' && resolver.dnsmasq ? LOOPBACKS.slice(1) : LOOPBACKS
}

function freePlace({ listeners }: Facts, hosts: readonly string[], dnsPort: boolean): Place {
  const port = dnsPort ? DNS_PORT : DEFAULT_DNS.port
  const places = hosts.map(host => ({ host, port }))
  const at = places.find(place => holderOf(listeners, place) === undefined)
  if (at !== undefined) return { kind: 'at', at, listen: [at] }
  const holder = holderOf(listeners, places[0] as HostPort) as Listener
  return nowhere(`${taken(holder)}, where the gateway has to listen; stop that program, and install again`)
}

/** resolv.conf, networksetup and Windows' policies have no place for a port. */
function needsDnsPort({ platform }: Facts, resolver: LinuxResolver | undefined, scope: Scope): boolean {
  if (platform === 'win32') return true
  if (scope === 'names') return false
  return platform === 'darwin' || resolver?.kind === 'resolv-conf' || resolver?.kind === 'network-manager'
}

// Whoever listens on every address is asked on loopback.
function askedAt({ host, port }: HostPort): HostPort {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port }
  return { host: host === '::' ? '::1' : host, port }
}

function holderOf(listeners: readonly Listener[], { host, port }: HostPort): Listener | undefined {
  const everywhere = host.includes(':') ? ['::'] : ['0.0.0.0', '::']
  return listeners.find(({ at }) => at.port === port && (at.host === host || everywhere.includes(at.host)))
}

function taken({ at, program, pid }: Listener): string {
  const who =
    program === undefined ? 'another program' : `${program}${pid === undefined ? '' : ` (process ${pid})`}`
  return `${who} listens at ${printHostPort(at)}`
}

function nowhere(problem: string): Place {
  return { kind: 'nowhere', problem }
}
