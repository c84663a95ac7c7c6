import { type Command, Option } from 'commander'
import { SignpostError } from '@signpost/dns'
import type { Network, Relay, ResolvePolicy } from '@signpost/node'
import { defaultDataDir } from './data-dir.ts'
import { UsageError } from './errors.ts'
import { LOG_LEVELS, type LogLevel } from './logger.ts'
import { type HostPort, parseHostPort } from './values/host-port.ts'
import { parseList } from './values/list.ts'
import { parseMultiaddr } from './values/multiaddr.ts'
import { parseNetwork } from './values/network.ts'
import { parseSuffix } from './values/suffix.ts'

/** Understood by every command. */
export interface CommonFlags {
  readonly data: string
  readonly json?: boolean
  readonly logLevel?: LogLevel
}

/** Understood by every command that may run a node. */
export interface NodeFlags {
  readonly network?: readonly Network[]
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly delegatedRouting?: readonly string[]
  /** Of commands that run on. */
  readonly http?: HostPort
  readonly httpCors?: boolean
  readonly trustedProxy?: readonly string[]
  readonly announce?: readonly string[]
  readonly relay?: Relay
  /** False where the user wants no port mapping. */
  readonly nat: boolean
  /** False where the user wants no multicast DNS. */
  readonly mdns: boolean
  /** False where the user wants news of zones by lookups alone. */
  readonly push: boolean
}

/** Understood by every command that runs a gateway. */
export interface GatewayFlags {
  /** A file with everything else. */
  readonly config?: string
  readonly dns?: readonly HostPort[]
  readonly tls?: readonly HostPort[]
  readonly https?: readonly HostPort[]
  readonly allow?: readonly string[]
  readonly metrics?: HostPort
  readonly upstream?: readonly string[]
  readonly suffix?: readonly string[]
}

/** Understood by every command that may have to open a key. */
export interface PassphraseFlags {
  readonly passphraseFile?: string
}

export const DEFAULT_DNS: HostPort = { host: '127.0.0.1', port: 5300 }
export const DEFAULT_SUFFIX = 'signpost.internal'

/** An option whose value is read with a function that throws a SignpostError. */
export function valueOption(flags: string, description: string, parse: (text: string) => unknown): Option {
  const option = new Option(flags, description)
  return option.argParser((text: string) => naming(option, () => parse(text)))
}

/** The same for an option that may stand more than once, and for several values between commas. */
export function listOption(flags: string, description: string, parse: (text: string) => unknown): Option {
  const option = new Option(flags, description)
  return option.argParser((text: string, previous: readonly unknown[] | undefined) => [
    ...(previous ?? []),
    ...naming(option, () => parseList(text, parse)),
  ])
}

// Says in the error which option, or which environment variable, has the value.
function naming<T>(option: Option, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof SignpostError)) throw cause
    const variable = option.envVar === undefined ? '' : ` (or ${option.envVar})`
    throw new UsageError(`--${option.name()}${variable}: ${cause.message}`, { cause })
  }
}

export function withCommonOptions(program: Command): Command {
  return program
    .addOption(
      valueOption('--data <dir>', 'where keys, records and the socket of the daemon are', parseDirectory)
        .env('SIGNPOST_DATA')
        .default(defaultDataDir()),
    )
    .addOption(new Option('--json', 'print data as JSON, and errors too'))
    .addOption(
      valueOption(
        '--log-level <level>',
        'silent, error, warn, info, debug or trace (default: warn, and info for what runs on)',
        parseLogLevel,
      ).env('SIGNPOST_LOG_LEVEL'),
    )
}

function parseDirectory(text: string): string {
  if (text === '') throw new UsageError('it is empty; name a directory')
  return text
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find(known => known === text)
  if (level === undefined)
    throw new UsageError(`"${text}" is no log level; the levels are ${LOG_LEVELS.join(', ')}`)
  return level
}

/** @param mode a server waits for peers; a client, which runs for a moment, only goes to them. */
export function withNodeOptions(command: Command, mode: 'server' | 'client'): Command {
  const everywhere = mode === 'server' ? 'every interface, a free port' : 'nowhere'
  if (mode === 'server') for (const option of httpOptions()) command.addOption(option)
  return command
    .addOption(
      listOption(
        '--network <lan|amino|private[:name]>',
        'a peer-to-peer network to join (repeatable; default: lan and amino, or lan alone on loopback)',
        parseNetwork,
      ).env('SIGNPOST_NETWORK'),
    )
    .addOption(
      listOption(
        '--listen <multiaddr>',
        `where the node listens for peers (repeatable; default: ${everywhere})`,
        parseMultiaddr,
      ).env('SIGNPOST_LISTEN'),
    )
    .addOption(
      listOption(
        '--bootstrap <multiaddr>',
        'a peer to join the network through (repeatable)',
        parseMultiaddr,
      ).env('SIGNPOST_BOOTSTRAP'),
    )
    .addOption(
      listOption(
        '--announce <multiaddr>',
        'an address under which others reach this node, behind a forwarded port (repeatable)',
        parseMultiaddr,
      ).env('SIGNPOST_ANNOUNCE'),
    )
    .addOption(
      new Option('--relay <none|use|serve>', 'be reached through relays, or relay for others').choices([
        'none',
        'use',
        'serve',
      ]),
    )
    .addOption(
      new Option(
        '--no-nat',
        'do not ask the router to let peers of the public network in, nor peers if it does',
      ),
    )
    .addOption(
      listOption(
        '--delegated-routing <url>',
        'a delegated router (HTTP) to ask as well, such as http://192.0.2.1:8080 (repeatable)',
        text => text,
      ).env('SIGNPOST_DELEGATED_ROUTING'),
    )
    .addOption(new Option('--no-mdns', 'find no peers on the same link by multicast DNS'))
    .addOption(
      new Option(
        '--no-push',
        'neither hear nor tell at once what the owners of zones publish; lookups find it',
      ),
    )
}

function httpOptions(): readonly Option[] {
  return [
    valueOption(
      '--http <host:port>',
      'where the node is a delegated router for IPFS programs and other nodes (default: nowhere)',
      text => parseHostPort(text, { allowPortZero: true, examplePort: 8080 }),
    ).env('SIGNPOST_HTTP'),
    new Option('--http-cors', 'let web pages of any site read over HTTP which zones this node has'),
    listOption(
      '--trusted-proxy <address[/bits]>',
      'a reverse proxy in front of --http, whose X-Forwarded-For says who the clients are (repeatable)',
      text => text,
    ).env('SIGNPOST_TRUSTED_PROXY'),
  ]
}

export function withGatewayOptions(command: Command): Command {
  return command
    .addOption(dnsOption())
    .addOption(
      listOption(
        '--upstream <server>',
        'a DNS server for all ordinary names, such as 192.0.2.53 or tls://192.0.2.53#dns.example, or "system" ' +
          "for this machine's own (repeatable; default: none, they are refused)",
        text => text,
      ).env('SIGNPOST_UPSTREAM'),
    )
    .addOption(suffixOption())
    .addOption(
      listOption(
        '--tls <host:port>',
        'where it listens over TLS (DoT), with a certificate of its own unless the file names one (repeatable)',
        text => parseHostPort(text, { allowPortZero: true }),
      ).env('SIGNPOST_TLS'),
    )
    .addOption(
      listOption(
        '--https <host:port>',
        'where it listens over HTTPS (DoH), at /dns-query (repeatable)',
        text => parseHostPort(text, { allowPortZero: true }),
      ).env('SIGNPOST_HTTPS'),
    )
    .addOption(
      listOption(
        '--allow <prefix>',
        'who may ask, such as 192.168.1.0/24 (repeatable; default: this machine alone)',
        text => text,
      ).env('SIGNPOST_ALLOW'),
    )
    .addOption(
      valueOption(
        '--metrics <host:port>',
        'where Prometheus gets metrics, at /metrics (default: nowhere)',
        text => parseHostPort(text, { allowPortZero: true }),
      ).env('SIGNPOST_METRICS'),
    )
    .addOption(configOption())
}

export function configOption(): Option {
  return valueOption(
    '--config <file>',
    'a file with these and all other options (TOML); what stands on the command line comes before it',
    parseFile,
  ).env('SIGNPOST_CONFIG')
}

function parseFile(text: string): string {
  if (text === '') throw new UsageError('it is empty; name a file')
  return text
}

export function dnsOption(): Option {
  return listOption(
    '--dns <host:port>',
    'where the DNS gateway listens, UDP and TCP (repeatable; default: 127.0.0.1:5300)',
    text => parseHostPort(text, { allowPortZero: true }),
  ).env('SIGNPOST_DNS')
}

export function suffixOption(): Option {
  return listOption(
    '--suffix <name>',
    `what stands behind zone IDs in DNS names (repeatable; default: ${DEFAULT_SUFFIX})`,
    parseSuffix,
  ).env('SIGNPOST_SUFFIX')
}

/** How much of the disk and of the network an answer is made of; see ResolvePolicy. */
export function policyOption(fallback: ResolvePolicy): Option {
  return valueOption('--policy <policy>', 'cache-first, network-first or cache-only', parsePolicy).default(
    fallback,
  )
}

const POLICIES: readonly ResolvePolicy[] = ['cache-first', 'network-first', 'cache-only']

function parsePolicy(text: string): ResolvePolicy {
  const policy = POLICIES.find(known => known === text)
  if (policy === undefined)
    throw new UsageError(`"${text}" is no policy; the policies are ${POLICIES.join(', ')}`)
  return policy
}

export function withPassphraseOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--passphrase-file <file>',
      'its first line is the passphrase (otherwise SIGNPOST_PASSPHRASE, or asked)',
    ),
  )
}
