import type { ZoneId } from '@signpost/core'
import { InvalidConfigError, type Name } from '@signpost/dns'
import type { Logger, ZoneResolver } from '@signpost/node'
import type { RebindingOptions, Trusted } from './abuse/rebinding.ts'
import type { Network } from './abuse/network.ts'
import { readProtection } from './abuse/settings.ts'
import type { GuardEvent } from './continuity/guard/event.ts'
import { type Patterns, readPatterns } from './continuity/guard/patterns.ts'
import { parseDomain } from './domain-option.ts'
import { type Endpoint, checkEndpoint, checkPort, keyOfHost, printEndpoint } from './endpoint.ts'
import { type Limits, limitsWith } from './limits.ts'
import { defaultHostsPath } from './local/hosts-file.ts'
import type { PetnameLookup } from './names.ts'
import type { PinSettings } from './continuity/pins/owner-pins.ts'
import { readPins } from './continuity/pins/settings.ts'
import type { OnQuery } from './operations/query-log.ts'
import type { CertificateFiles } from './transports/certificate/certificate.ts'
import type { Route } from './upstream/routes.ts'
import { type ForwardingOptions, type ForwardingSettings, readForwarding } from './upstream/settings.ts'

export interface GatewayOptions extends ForwardingOptions {
  /** Where signed zones come from: a node, or a connection to one. */
  readonly resolver: ZoneResolver
  /** Where to take queries, over UDP and TCP each. Port 0 is one free port for both. */
  readonly listen: readonly Endpoint[]
  /** Where to take queries over TLS (RFC 7858) and HTTPS (RFC 8484, path /dns-query). Port 0 is any free port. */
  readonly tls?: readonly Endpoint[]
  readonly https?: readonly Endpoint[]
  /**
   * For both: the paths of a certificate, with those that lead to its root behind it, and of its key, each PEM. They are
   * read again when they change. `self-signed` is one that is made here and kept in `certificateDirectory`.
   */
  readonly certificate?: CertificateFiles | 'self-signed'
  readonly certificateDirectory?: string
  /**
   * Whether clients must prove over UDP, with a DNS cookie (RFC 7873), that they get what is sent to their address; those
   * that cannot are told to come over TCP. False where absent.
   */
  readonly requireCookies?: boolean
  /**
   * Who may ask: addresses and networks, such as `192.168.1.0/24` or `2001:db8::/32`. This machine alone where absent,
   * and besides where the list names no address of loopback.
   */
  readonly allow?: readonly string[]
  /** Clients without rate limits, written in the same way; this machine where absent. */
  readonly unlimited?: readonly string[]
  /** Which names may lead into the clients' own network. */
  readonly rebinding?: RebindingOptions
  /** The names below which zone IDs and petnames are answered; `signpost.internal` where absent. */
  readonly suffixes?: readonly string[]
  readonly petnames?: PetnameLookup
  /** The path of a hosts file whose names are answered; the system's where absent, none where false. */
  readonly hosts?: string | false
  /** Where answers of upstreams are kept, so that they outlive this process; in memory alone where absent. */
  readonly cache?: { readonly directory?: string }
  /**
   * Ordinary names whose last good answers are kept, and whose removal is not believed at once: `example.com` is that name
   * alone, `*.example.com` all below it. None where absent.
   */
  readonly guard?: readonly string[]
  /**
   * Whether it is learned which zones owners of ordinary domains pin to them, and what is learned counts; true where absent.
   */
  readonly pins?: boolean
  /** Domains that the user pins to zones, whatever they say themselves. */
  readonly ownPins?: ReadonlyMap<string, ZoneId>
  /** A file with DS records of zones that are trusted (DNSSEC), in zone-file form; IANA's for the root where absent. */
  readonly trustAnchors?: string
  /** Hears when a guarded name comes into doubt, and what becomes of that. Must not throw. */
  readonly onGuardEvent?: (event: GuardEvent) => void
  /** Ordinary DNS servers to which signed zones hand labels. */
  readonly authorities?: {
    /** 53 where absent. */
    readonly port?: number
    /** Whether they may be on this machine; false where absent. */
    readonly loopback?: boolean
  }
  /** Hears of every question and its answer: who asked what is told to nobody else. */
  readonly onQuery?: OnQuery
  readonly limits?: Partial<Limits>
  /** Milliseconds since the epoch; the machine's clock where absent. */
  readonly now?: () => number
  /** Silent where absent. */
  readonly logger?: Logger
}

export const DEFAULT_SUFFIX = 'signpost.internal'

/** Options as they are once every default is in place and every value is known to be usable. */
export interface Settings extends ForwardingSettings, PinSettings {
  readonly resolver: ZoneResolver
  readonly listen: readonly Endpoint[]
  readonly tls: readonly Endpoint[]
  readonly https: readonly Endpoint[]
  /** Absent where nothing needs one. */
  readonly certificate: CertificateFiles | { readonly selfSignedIn: string } | undefined
  readonly requireCookies: boolean
  readonly allow: readonly Network[]
  readonly unlimited: readonly Network[]
  /** Undefined where any name may. */
  readonly rebinding: Trusted | undefined
  readonly suffixes: readonly Name[]
  readonly petnames: PetnameLookup
  /** Undefined where no file's names are answered. */
  readonly hosts: string | undefined
  /** Undefined where answers are kept in memory alone. */
  readonly cacheDirectory: string | undefined
  readonly guard: Patterns
  readonly onGuardEvent: ((event: GuardEvent) => void) | undefined
  readonly authorities: { readonly port: number; readonly loopback: boolean }
  readonly onQuery: OnQuery | undefined
  readonly limits: Limits
  readonly now: () => number
  readonly logger: Logger | undefined
}

/** The settings of a gateway that is not to be started. @throws InvalidConfigError */
export function checkedSettings(options: Omit<GatewayOptions, 'resolver'>): Settings {
  const resolver = { resolve: () => Promise.reject(new TypeError('nothing is resolved to check options')) }
  return readOptions({ ...options, resolver })
}

/** @throws InvalidConfigError that names the option and says what it should be. */
export function readOptions(options: GatewayOptions): Settings {
  const { listen, tls = [], https = [] } = options
  if (listen.length === 0)
    throw new InvalidConfigError('listen', 'it is empty; give an address, such as 127.0.0.1:5300')
  checkListening({ listen, tls, https })
  const suffixes = readSuffixes(options)
  const forwarding = readForwarding(options, { listen, tls, https }, suffixes)
  const protection = readProtection(options, [...listen, ...tls, ...https])
  const authorities = { port: 53, loopback: false, ...options.authorities }
  checkPort(authorities.port, 'authorities.port', 1)
  return {
    resolver: options.resolver,
    listen,
    tls,
    https,
    certificate: tls.length + https.length === 0 ? undefined : readCertificate(options),
    requireCookies: options.requireCookies ?? false,
    ...protection,
    rebinding: protection.rebinding && trusting(protection.rebinding, forwarding.routes),
    suffixes,
    petnames: options.petnames ?? (() => undefined),
    ...forwarding,
    hosts: readHostsPath(options),
    cacheDirectory: readCacheDirectory(options),
    guard: readPatterns(options.guard ?? [], 'guard', suffixes),
    ...readPins(options, suffixes),
    onGuardEvent: options.onGuardEvent,
    authorities,
    onQuery: options.onQuery,
    limits: limitsWith(options.limits),
    now: options.now ?? Date.now,
    logger: options.logger,
  }
}

/** What has servers of its own is the user's own network. */
function trusting(trusted: Trusted, routes: readonly Route[]): Trusted {
  return { ...trusted, domains: [...trusted.domains, ...routes.flatMap(({ domains }) => domains)] }
}

function readHostsPath({ hosts }: GatewayOptions): string | undefined {
  if (hosts === '') throw new InvalidConfigError('hosts', 'it is empty; name a file, or give false for none')
  if (hosts === false) return undefined
  return hosts ?? defaultHostsPath(process.platform, process.env['SystemRoot'])
}

function readCacheDirectory({ cache }: GatewayOptions): string | undefined {
  if (cache?.directory === '')
    throw new InvalidConfigError('cache.directory', 'it is empty; name a directory, or leave it out')
  return cache?.directory
}

function checkListening(places: Readonly<Record<'listen' | 'tls' | 'https', readonly Endpoint[]>>): void {
  const taken = new Map<string, string>()
  for (const [option, endpoints] of Object.entries(places))
    for (const [n, at] of endpoints.entries()) {
      checkEndpoint(at, `${option}[${n}]`, 0)
      const key = `${keyOfHost(at.host)} ${at.port}`
      const other = at.port === 0 ? undefined : taken.get(key)
      if (other !== undefined)
        throw new InvalidConfigError(
          `${option}[${n}]`,
          `it is ${printEndpoint(at)}, as is ${other}; give each a port of its own`,
        )
      taken.set(key, `${option}[${n}]`)
    }
}

function readCertificate({ certificate, certificateDirectory }: GatewayOptions): Settings['certificate'] {
  if (certificate === undefined)
    throw new InvalidConfigError(
      'certificate',
      'TLS and HTTPS need one; give the files of a certificate and its key, or "self-signed"',
    )
  if (certificate !== 'self-signed') return certificate
  if (certificateDirectory === undefined)
    throw new InvalidConfigError('certificateDirectory', 'give a directory in which the certificate is kept')
  return { selfSignedIn: certificateDirectory }
}

function readSuffixes({ suffixes = [DEFAULT_SUFFIX] }: GatewayOptions): Name[] {
  if (suffixes.length === 0)
    throw new InvalidConfigError('suffixes', `it is empty; leave it out for ${DEFAULT_SUFFIX}`)
  return suffixes.map((text, n) => readSuffix(text, `suffixes[${n}]`))
}

function readSuffix(text: string, option: string): Name {
  const suffix = parseDomain(text, option)
  if (!suffix.isRoot) return suffix
  throw new InvalidConfigError(
    option,
    `it is the root, which would take every name; give a name such as ${DEFAULT_SUFFIX}`,
  )
}
