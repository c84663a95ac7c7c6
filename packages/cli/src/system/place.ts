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
/** On Linux all of 127.0.0.0/8 is this machine; this one is for where another DNS server has the first. */
export const OWN_LOOPBACK = '127.0.0.83'
const LOOPBACKS: readonly string[] = ['127.0.0.1', OWN_LOOPBACK]
/** For where somebody has port 53 of every address. Whoever takes a port below 1024 needs to be allowed to. */
const OTHER_PORT = 530
/** Ports below this are the administrator's on Unix. */
export const FIRST_FREE_PORT = 1024
/** Where it is looked, before anything is decided, who listens. */
export const USUAL_PORTS: readonly number[] = [DNS_PORT, OTHER_PORT, DEFAULT_DNS.port]

export function placeOf(
  facts: Facts,
  resolver: LinuxResolver | undefined,
  { scope, config: path }: { readonly scope: Scope; readonly config: string },
): Place {
  const dnsPort = needsDnsPort(facts, resolver, scope)
  if (facts.config === undefined) return freePlace(facts, placesFor(facts, resolver, dnsPort))
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

/**
 * The places that will do, the best one first. Where the service may have a port of the administrator's it has one, since
 * anybody on this machine could answer at another one while it is down.
 */
function placesFor(facts: Facts, resolver: LinuxResolver | undefined, dnsPort: boolean): readonly HostPort[] {
  const [first, second] = LOOPBACKS.map(host => ({ host, port: DNS_PORT })) as [HostPort, HostPort]
  if (!dnsPort)
    return facts.platform === 'linux' && facts.systemd !== undefined
      ? [second, { host: OWN_LOOPBACK, port: OTHER_PORT }]
      : [DEFAULT_DNS]
  if (facts.platform !== 'linux') return [first]
  // Its dnsmasq has the first one until the gateway takes over, and again when that goes.
  return resolver?.kind === 'network-manager' && resolver.dnsmasq ? [second] : [first, second]
}

function freePlace({ listeners }: Facts, places: readonly HostPort[]): Place {
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
  const isV6 = host.includes(':')
  // Others may have IPv4 come to `::` as well; the gateway does not.
  const everywhere = isV6 ? ['::'] : ['0.0.0.0', '::']
  const isEverywhere = host === '0.0.0.0' || host === '::'
  return listeners.find(
    ({ at }) =>
      at.port === port &&
      (at.host === host || everywhere.includes(at.host) || (isEverywhere && at.host.includes(':') === isV6)),
  )
}

function taken({ at, program, pid }: Listener): string {
  const who =
    program === undefined ? 'another program' : `${program}${pid === undefined ? '' : ` (process ${pid})`}`
  return `${who} listens at ${printHostPort(at)}`
}

function nowhere(problem: string): Place {
  return { kind: 'nowhere', problem }
}
