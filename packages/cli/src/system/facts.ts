import type { HostPort } from '../values/host-port.ts'

/** What an installation has to know of a machine. Plain data: whatever decides is made of these and nothing else. */
export type Facts = LinuxFacts | MacFacts | WindowsFacts

/** How this program is started. */
export interface ProgramFacts {
  /** Absolute path of Node. */
  readonly node: string
  /** What stands between Node and the program. */
  readonly nodeArguments: readonly string[]
  /** Absolute path of the program. */
  readonly program: string
  /** The first file or directory on the way to either of them that only its owner can read. */
  readonly unreadable: string | undefined
}

interface EveryMachine {
  readonly program: ProgramFacts
  /** A configuration that is there already and is not ours to change. */
  readonly config: ConfigFacts | undefined
  /** The first file or directory on the way to the configuration that only its owner can read. */
  readonly configUnreadable: string | undefined
  /** Who listens, over UDP or TCP, where the gateway would, or on every address at its port. */
  readonly listeners: readonly Listener[]
}

export interface ConfigFacts {
  /** Undefined where it has none. */
  readonly listen: readonly HostPort[] | undefined
  readonly suffixes: readonly string[] | undefined
  /** `system`: this machine's resolvers, as they are in `resolvConf` or where they usually are. */
  readonly upstreams: 'none' | 'system' | 'others'
  readonly resolvConf: string | undefined
}

export interface Listener {
  readonly at: HostPort
  readonly transport: 'udp' | 'tcp'
  /** Undefined where the operating system does not say. */
  readonly program: string | undefined
  readonly pid: number | undefined
}

export interface LinuxFacts extends EveryMachine {
  readonly platform: 'linux'
  /** The version of systemd where it starts the machine's services. */
  readonly systemd: number | undefined
  readonly resolvConf: ResolvConfFacts
  readonly resolved: ResolvedFacts | undefined
  readonly networkManager: NetworkManagerFacts | undefined
  readonly networkd: boolean
  readonly dnsmasq: DnsmasqFacts | undefined
  /** Whether dhclient is there, which rewrites resolv.conf with every lease. */
  readonly dhclient: boolean
}

/** /etc/resolv.conf */
export interface ResolvConfFacts {
  readonly kind: 'absent' | 'file' | 'link'
  /** Of a link: an absolute path. */
  readonly target?: string
  /** Empty where there is none. */
  readonly text: string
}

export interface ResolvedFacts {
  readonly version: number
  readonly active: boolean
  /** Servers of resolved.conf, as they are written there: all interfaces use them. */
  readonly globalServers: readonly string[]
  /** `yes`: never without; `opportunistic`: where the server has it, whoever it is. */
  readonly overTls: 'no' | 'opportunistic' | 'yes'
  /** Whether it answers at 127.0.0.53, over UDP. */
  readonly stubListener: boolean
}

export interface NetworkManagerFacts {
  readonly active: boolean
  /** The value of `dns` in `[main]`. Where that is not set, NetworkManager looks whether resolv.conf is systemd-resolved's. */
  readonly dns: string | undefined
}

export interface DnsmasqFacts {
  readonly active: boolean
  /** Whether /etc/dnsmasq.d is read. */
  readonly readsDirectory: boolean
  /** Where it finds its upstreams. */
  readonly resolvFile: string
  /** Upstreams of its own configuration, without those of single domains. */
  readonly servers: readonly string[]
  /** `cache-size`, as it is written there; dnsmasq takes it once only. */
  readonly cacheSize: string | undefined
}

export interface MacFacts extends EveryMachine {
  readonly platform: 'darwin'
  /** Network services, each with its servers; none where they come from DHCP. */
  readonly services: readonly { readonly name: string; readonly servers: readonly string[] }[]
  /** The servers in use now. */
  readonly servers: readonly string[]
  /** A number that no user has, for the service's own user; undefined where that user is there. */
  readonly freeUserId: number | undefined
}

/** What an installation itself changes on a Mac. */
export type MacBefore = Pick<MacFacts, 'services' | 'servers' | 'freeUserId'>

export interface WindowsFacts extends EveryMachine {
  readonly platform: 'win32'
  /** Variables of the environment that say where things are. */
  readonly env: { readonly ProgramFiles?: string; readonly SystemRoot?: string }
}
