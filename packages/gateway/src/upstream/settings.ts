import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { InvalidConfigError, type Name } from '@signpost/dns'
import { isIP } from 'node:net'
import { parseDomain } from '../domain-option.ts'
import { type Endpoint, checkEndpoint } from '../endpoint.ts'
import { interfaceAddresses, isOwn } from './own-addresses.ts'
import type { Route } from './routes.ts'
import { SYSTEM_FILES } from './system/system-servers.ts'
import { type Upstream, parseUpstream, plainUpstream, printUpstream } from './upstream.ts'

/** Where ordinary names are asked for. */
export interface ForwardingOptions {
  /**
   * Recursive resolvers for ordinary names, in the order in which they are tried until it is known which one is best;
   * without any, those names are refused. An endpoint is asked over UDP, and over TCP where that does not do. A text is
   * `9.9.9.9`, `[2620:fe::fe]:53`, `tcp://9.9.9.9`, `tls://9.9.9.9#dns.quad9.net` (RFC 7858, with the name that the
   * certificate must have) or `https://dns.quad9.net/dns-query` (RFC 8484). `system` stands for the machine's own
   * resolvers, less this gateway.
   */
  readonly upstreams?: 'system' | readonly (string | Endpoint)[]
  /**
   * Domains, with all names below them, that have upstreams of their own; the longest domain counts. Without upstreams,
   * their names are refused. What is known locally of these names, such as of private addresses, does not count.
   */
  readonly routes?: readonly RouteOptions[]
  /** DNS servers that know the addresses of upstreams that are given by name. */
  readonly bootstrap?: readonly Endpoint[]
  /** A PEM file with the authorities for certificates of upstreams, instead of those that Node trusts. */
  readonly upstreamCa?: string
  /** The file in which `system` finds the machine's resolvers; /etc/resolv.conf where absent. */
  readonly resolvConf?: string
}

export interface RouteOptions {
  readonly domains: readonly string[]
  readonly upstreams: readonly (string | Endpoint)[]
}

export interface ForwardingSettings {
  readonly upstreams: 'system' | readonly Upstream[]
  readonly routes: readonly Route[]
  readonly bootstrap: readonly Upstream[]
  /** PEM. */
  readonly upstreamCa: string | undefined
  readonly resolvConf: string
}

/** The sockets of a gateway, by what comes in at them. */
export interface ListeningPlaces {
  readonly listen: readonly Endpoint[]
  readonly tls: readonly Endpoint[]
  readonly https: readonly Endpoint[]
}

/** @throws InvalidConfigError */
export function readForwarding(
  options: ForwardingOptions,
  places: ListeningPlaces,
  suffixes: readonly Name[],
): ForwardingSettings {
  const { upstreams = [], routes = [], bootstrap = [] } = options
  if (typeof upstreams === 'string' && upstreams !== 'system')
    throw new InvalidConfigError(
      'upstreams',
      `it is ${JSON.stringify(upstreams)}; give a list of servers, or "system" for this machine's own resolvers`,
    )
  const read: ForwardingSettings = {
    upstreams: upstreams === 'system' ? upstreams : readUpstreams(upstreams, 'upstreams', places),
    routes: readRoutes(routes, places, suffixes),
    bootstrap: readUpstreams(bootstrap, 'bootstrap', places),
    upstreamCa: readCa(options.upstreamCa),
    resolvConf: options.resolvConf ?? SYSTEM_FILES.resolvConf,
  }
  if (bootstrap.length === 0) {
    const all = [
      ...(read.upstreams === 'system' ? [] : read.upstreams),
      ...read.routes.flatMap(each => each.upstreams),
    ]
    const named = all.find(({ host }) => isIP(host) === 0)
    if (named !== undefined)
      throw new InvalidConfigError(
        'bootstrap',
        `it is empty, so nobody can say where ${printUpstream(named)} is; give a DNS server that can, or an address with the name behind "#"`,
      )
  }
  return read
}

/** Whether what is sent to an upstream comes to this gateway itself. */
export function isOwnUpstream(upstream: Upstream, places: ListeningPlaces): boolean {
  const { protocol } = upstream
  const listening = protocol === 'tls' || protocol === 'https' ? places[protocol] : places.listen
  return isOwn(upstream, listening, interfaceAddresses())
}

function readUpstreams(
  upstreams: readonly (string | Endpoint)[],
  option: string,
  places: ListeningPlaces,
): Upstream[] {
  const known = new Map<string, string>()
  return upstreams.map((given, n) => {
    const path = `${option}[${n}]`
    if (typeof given !== 'string') checkEndpoint(given, path, 1)
    const upstream = typeof given === 'string' ? parseUpstream(given, path) : plainUpstream(given)
    const text = printUpstream(upstream)
    if (isOwnUpstream(upstream, places))
      throw new InvalidConfigError(
        path,
        `it is ${text}, where this gateway itself listens; give another resolver`,
      )
    const other = known.get(text)
    if (other !== undefined)
      throw new InvalidConfigError(path, `it is ${text}, as is ${other}; leave one of them out`)
    known.set(text, path)
    return upstream
  })
}

function readRoutes(
  routes: readonly RouteOptions[],
  places: ListeningPlaces,
  suffixes: readonly Name[],
): Route[] {
  const taken = new Map<string, string>()
  return routes.map(({ domains, upstreams }, n) => {
    const path = `routes[${n}]`
    if (domains.length === 0)
      throw new InvalidConfigError(`${path}.domains`, 'it is empty; give a domain, such as corp.example')
    return {
      domains: domains.map((text, at) => readDomain(text, `${path}.domains[${at}]`, suffixes, taken)),
      upstreams: readUpstreams(upstreams, `${path}.upstreams`, places),
    }
  })
}

function readDomain(
  text: string,
  option: string,
  suffixes: readonly Name[],
  taken: Map<string, string>,
): Name {
  const domain = parseDomain(text, option)
  if (domain.isRoot)
    throw new InvalidConfigError(
      option,
      'it is the root, under which all names are; name its servers as upstreams',
    )
  const suffix = suffixes.find(each => domain.isAtOrBelow(each))
  if (suffix !== undefined)
    throw new InvalidConfigError(
      option,
      `${domain.toString()} is at or below the suffix ${suffix.toString()}, whose names are in signed zones; leave it out`,
    )
  const other = taken.get(domain.key)
  if (other !== undefined)
    throw new InvalidConfigError(option, `it is ${domain.toString()}, as is ${other}; leave one of them out`)
  taken.set(domain.key, option)
  return domain
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

function readCa(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    // Reading a pipe would wait for whoever writes to it.
    if (!statSync(path).isFile()) throw new Error('it is no regular file')
    const ca = readFileSync(path, 'utf8')
    const certificates = ca.match(PEM_CERTIFICATE) ?? []
    if (certificates.length === 0) throw new Error('there is no certificate in it')
    // Reads them, and throws where it cannot.
    return certificates.map(certificate => new X509Certificate(certificate).toString()).join('')
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidConfigError('upstreamCa', `${path}: ${problem}; give a PEM file of certificates`, {
      cause,
    })
  }
}
