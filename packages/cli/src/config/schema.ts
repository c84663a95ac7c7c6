import { LIMITS, LIMIT_TEXTS } from '@signpost/gateway'
import { kebabCase } from './kebab-case.ts'

/** What a configuration file has. What each key means, and its bounds, is in {@link CONFIG_SCHEMA}. */
export interface Config {
  readonly gateway?: GatewayConfig
  readonly node?: NodeConfig
}

export interface GatewayConfig {
  readonly listen?: readonly string[]
  readonly tls?: readonly string[]
  readonly https?: readonly string[]
  readonly certificate?: 'self-signed' | { readonly cert: string; readonly key: string }
  readonly suffixes?: readonly string[]
  readonly upstreams?: 'system' | readonly string[]
  readonly bootstrap?: readonly string[]
  readonly 'upstream-ca'?: string
  readonly 'resolv-conf'?: string
  readonly routes?: readonly { readonly domains: readonly string[]; readonly upstreams: readonly string[] }[]
  readonly hosts?: string | false
  readonly allow?: readonly string[]
  readonly unlimited?: readonly string[]
  readonly rebinding?: {
    readonly protect?: boolean
    readonly exceptions?: readonly string[]
    readonly zones?: 'petnames' | 'all' | 'none'
  }
  readonly 'require-cookies'?: boolean
  readonly 'keep-answers'?: boolean
  readonly guard?: readonly string[]
  readonly pins?: boolean
  readonly 'trust-anchors'?: string
  readonly 'query-log'?: string
  readonly metrics?: string
  /** In kebab case. */
  readonly limits?: Readonly<Record<string, number>>
}

export interface NodeConfig {
  readonly networks?: readonly string[]
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly announce?: readonly string[]
  readonly 'delegated-routing'?: readonly string[]
  readonly http?: string
  readonly 'http-cors'?: boolean
  readonly 'trusted-proxy'?: readonly string[]
  readonly relay?: 'none' | 'use' | 'serve'
  readonly nat?: boolean
  readonly mdns?: boolean
  readonly push?: boolean
}

type Schema = Readonly<Record<string, unknown>>

function object(properties: Schema, more: Schema = {}): Schema {
  return { type: 'object', additionalProperties: false, properties, ...more }
}

function text(description: string): Schema {
  return { type: 'string', minLength: 1, description }
}

function texts(description: string, more: Schema = {}): Schema {
  return { type: 'array', items: { type: 'string', minLength: 1 }, description, ...more }
}

function flag(description: string): Schema {
  return { type: 'boolean', description }
}

const SOME: Schema = { minItems: 1 }

const certificate: Schema = {
  description: 'for TLS and HTTPS: files, which are read again when they change, or one that is made here',
  if: { type: 'string' },
  // oxlint-disable-next-line unicorn/no-thenable
  then: { const: 'self-signed', errorMessage: 'it is "self-signed", or { cert = "a file", key = "a file" }' },
  else: object(
    { cert: text('file with the certificate chain (PEM)'), key: text('file with the private key (PEM)') },
    { required: ['cert', 'key'] },
  ),
}

const upstreams: Schema = {
  description:
    "DNS servers for ordinary names, such as tls://9.9.9.9#dns.quad9.net, or the machine's own resolvers",
  if: { type: 'string' },
  // oxlint-disable-next-line unicorn/no-thenable
  then: {
    const: 'system',
    errorMessage:
      'it is a list of servers, such as ["9.9.9.9"], or "system" for the resolvers of this machine',
  },
  else: { type: 'array', items: { type: 'string', minLength: 1 } },
}

const route: Schema = object(
  {
    domains: texts('these names and all below them', SOME),
    upstreams: texts('where they are asked for; none: they are refused'),
  },
  { required: ['domains', 'upstreams'] },
)

const gateway: Schema = object({
  listen: texts('where queries are taken over UDP and TCP: IP addresses with ports', SOME),
  tls: texts('where they are taken over TLS (DoT)'),
  https: texts('where they are taken over HTTPS (DoH), path /dns-query'),
  certificate,
  suffixes: texts('what stands behind zone IDs in DNS names', SOME),
  upstreams,
  bootstrap: texts('DNS servers that know the addresses of upstreams that are given by name'),
  'upstream-ca': text(
    'file of authorities for certificates of upstreams (PEM), instead of those that Node trusts',
  ),
  'resolv-conf': text(
    'file in which "system" finds the resolvers of the machine (default: /etc/resolv.conf)',
  ),
  routes: { type: 'array', items: route, description: 'domains that have upstreams of their own' },
  hosts: {
    description: "hosts file, false for none (default: the system's)",
    if: { type: 'string' },
    // oxlint-disable-next-line unicorn/no-thenable
    then: { minLength: 1 },
    else: {
      const: false,
      errorMessage: 'it is a file, or false for none; left out, it is the one of the system',
    },
  },
  allow: texts('who may ask: addresses and prefixes (default: this machine alone)'),
  unlimited: texts('who is under no rate limit (default: this machine)'),
  rebinding: object({
    protect: flag(
      'withhold private addresses of names whose owners are not trusted with them (default: true)',
    ),
    exceptions: texts('domains that may have private addresses'),
    zones: {
      enum: ['petnames', 'all', 'none'],
      description:
        'signed zones that may have them: own, followed and petnamed ones (petnames, the default), all, or none',
    },
  }),
  'require-cookies': flag('let clients prove their address over UDP (default: false)'),
  'keep-answers': flag('keep answers of upstreams on disk, for when those fail (default: true)'),
  guard: texts(
    'ordinary names whose last good answers are kept, and whose removal is not believed at once: example.com, *.example.com',
  ),
  pins: flag(
    'learn which signed zones owners pin to their domains, and answer from those when ordinary DNS fails (default: true)',
  ),
  'trust-anchors': text(
    'file of DS records that DNSSEC starts from, in zone-file form (default: those of the root)',
  ),
  'query-log': text('file to which every query is written, a line of JSON each'),
  metrics: text('where Prometheus gets metrics: an IP address with a port'),
  limits: object(
    Object.fromEntries(
      Object.entries(LIMITS).map(([name, { min, max, default: unset }]) => [
        kebabCase(name),
        {
          type: 'integer',
          minimum: min,
          maximum: max,
          default: unset,
          description: LIMIT_TEXTS[name as keyof typeof LIMIT_TEXTS].join(': '),
        },
      ]),
    ),
  ),
})

const node: Schema = object({
  networks: texts('lan, amino, private:<name>'),
  listen: texts('multiaddrs where peers are waited for'),
  bootstrap: texts('multiaddrs of peers to join through'),
  announce: texts('multiaddrs under which others reach this node'),
  'delegated-routing': texts('URLs of delegated routers'),
  http: text('where this node is a delegated router: an IP address with a port'),
  'http-cors': flag('let web pages of any site read over HTTP which zones this node has (default: false)'),
  'trusted-proxy': texts('reverse proxies in front of it, whose X-Forwarded-For says who the clients are'),
  relay: { enum: ['none', 'use', 'serve'], description: 'be reached through relays, or relay for others' },
  nat: flag('ask the router to let peers in'),
  mdns: flag('find peers on the same link'),
  push: flag('hear and tell at once what owners publish'),
})

/** JSON Schema (draft 7) of a configuration file, for editors and for this program alike. */
export const CONFIG_SCHEMA: Schema = object(
  { gateway, node },
  { $schema: 'http://json-schema.org/draft-07/schema#', title: 'signpost up, node and gateway' },
)
