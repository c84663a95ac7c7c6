import type { Scope } from './change.ts'
import type { DnsmasqFacts, Facts, LinuxFacts, ResolvedFacts } from './facts.ts'
import type { Upstreams } from './gateway-config.ts'
import { isLoopback, parseResolvConf } from './machine/resolv-conf.ts'
import { LIVE_SERVERS } from './resolver/network-manager.ts'
import { KEPT_SERVERS } from './resolver/resolv-conf.ts'
import type { LinuxResolver } from './resolver/which.ts'

const SYSTEM: Upstreams = { kind: 'system' }

/** The servers that the gateway asks for ordinary names: never whoever asks the gateway. */
export function upstreamsFor(facts: Facts, resolver: LinuxResolver | undefined, scope: Scope): Upstreams {
  switch (facts.platform) {
    case 'linux':
      return onLinux(facts, resolver as LinuxResolver, scope)
    case 'darwin':
      return scope === 'names' ? SYSTEM : elsewhere(facts.servers)
    // Rules for names leave the servers of interfaces as they are.
    case 'win32':
      return SYSTEM
  }
}

function onLinux(
  { resolvConf, resolved, dnsmasq }: LinuxFacts,
  resolver: LinuxResolver,
  scope: Scope,
): Upstreams {
  switch (resolver.kind) {
    case 'resolved':
      return scope === 'all' && resolved !== undefined ? insteadOfResolved(resolved) : SYSTEM
    case 'network-manager':
      return { kind: 'file', path: LIVE_SERVERS }
    case 'dnsmasq':
      return scope === 'all' && dnsmasq !== undefined ? insteadOfDnsmasq(dnsmasq, resolvConf.text) : SYSTEM
    case 'resolv-conf':
      if (scope === 'names') return SYSTEM
      return { kind: 'file', path: resolver.live ?? KEPT_SERVERS }
  }
}

// Servers of interfaces stay in the file that systemd-resolved keeps for others; those of resolved.conf give way to the gateway.
function insteadOfResolved({ globalServers, overTls }: ResolvedFacts): Upstreams {
  return globalServers.length === 0
    ? SYSTEM
    : { kind: 'servers', servers: globalServers.map(server => upstreamOf(server, overTls)) }
}

/** What becomes of the encryption that systemd-resolved has, where the gateway does not have it too. */
export function inClearText(
  { resolved }: Pick<LinuxFacts, 'resolved'>,
  configPath: string,
): string | undefined {
  if (resolved === undefined || resolved.overTls === 'no') return undefined
  const { globalServers, overTls } = resolved
  const clear = globalServers.filter(server => !upstreamOf(server, overTls).startsWith('tls://'))
  if (globalServers.length > 0 && clear.length === 0) return undefined
  const who = globalServers.length === 0 ? 'the servers of its interfaces' : clear.join(' and ')
  return (
    `systemd-resolved has DNSOverTLS=${overTls}, and the gateway will ask ${who} in clear text; ` +
    `to keep that from others, write upstreams = ["tls://ADDRESS#NAME"] in the table [gateway] of ${configPath}`
  )
}

/**
 * `9.9.9.9:853%eth0#dns.quad9.net` (resolved.conf(5)) as the gateway writes it. Where TLS is a must it is one here as well,
 * with the certificate checked for the address where there is no name; else for a server with a name, or the port.
 */
function upstreamOf(server: string, overTls: ResolvedFacts['overTls']): string {
  const [rest = '', name] = server.split('#')
  const [place = '', zone] = rest.split('%')
  const [, bracketed, port] = /^\[(.*)\](?::(\d+))?$/.exec(place) ?? []
  const [, plain, plainPort] = /^([^:]*)(?::(\d+))?$/.exec(place) ?? []
  const host = bracketed ?? plain ?? place
  const scope = zone === undefined ? '' : `%${zone}`
  const end = (port ?? plainPort) === undefined ? '' : `:${port ?? plainPort}`
  const address = (host.includes(':') ? `[${host}${scope}]` : host) + end
  const isEncrypted =
    overTls === 'yes' || (overTls === 'opportunistic' && (name !== undefined || end === TLS_PORT))
  if (!isEncrypted) return address
  return `tls://${address}${name === undefined ? '' : `#${name}`}`
}

const TLS_PORT = ':853'

function insteadOfDnsmasq({ resolvFile, servers }: DnsmasqFacts, resolvConf: string): Upstreams {
  if (resolvFile !== '/etc/resolv.conf') return { kind: 'file', path: resolvFile }
  return elsewhere([...servers, ...parseResolvConf(resolvConf).servers])
}

function elsewhere(servers: readonly string[]): Upstreams {
  return { kind: 'servers', servers: servers.filter(server => !isLoopback(server)) }
}
