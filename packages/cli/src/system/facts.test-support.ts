import type {
  ConfigFacts,
  DnsmasqFacts,
  LinuxFacts,
  Listener,
  MacFacts,
  NetworkManagerFacts,
  ProgramFacts,
  ResolvedFacts,
  WindowsFacts,
} from './facts.ts'

const program: ProgramFacts = {
  node: '/usr/bin/node',
  nodeArguments: [],
  program: '/usr/lib/node_modules/signpost/dist/bin.js',
  unreadable: undefined,
}

const every = { program, config: undefined, configUnreadable: undefined, listeners: [] }

/** A Linux machine with systemd, and a resolv.conf that somebody wrote once. */
export function linuxFacts(changes: Partial<LinuxFacts> = {}): LinuxFacts {
  return {
    platform: 'linux',
    ...every,
    systemd: 257,
    resolvConf: { kind: 'file', text: 'search home.example\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n' },
    resolved: undefined,
    networkManager: undefined,
    networkd: false,
    dnsmasq: undefined,
    dhclient: false,
    ...changes,
  }
}

/** The same where systemd-resolved answers programs. */
export function resolvedFacts(version: number, changes: Partial<LinuxFacts> = {}): LinuxFacts {
  return linuxFacts({
    systemd: version,
    resolvConf: {
      kind: 'link',
      target: '/run/systemd/resolve/stub-resolv.conf',
      text: 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch home.example\n',
    },
    resolved: resolved({ version }),
    ...changes,
  })
}

export function resolved(changes: Partial<ResolvedFacts> = {}): ResolvedFacts {
  return { version: 257, active: true, globalServers: [], overTls: 'no', stubListener: true, ...changes }
}

export function networkManager(dns?: string): NetworkManagerFacts {
  return { active: true, dns }
}

export function dnsmasq(changes: Partial<DnsmasqFacts> = {}): DnsmasqFacts {
  return {
    active: true,
    readsDirectory: true,
    resolvFile: '/etc/resolv.conf',
    servers: [],
    cacheSize: undefined,
    ...changes,
  }
}

export function config(changes: Partial<ConfigFacts> = {}): ConfigFacts {
  return {
    listen: [{ host: '127.0.0.1', port: 5300 }],
    suffixes: undefined,
    upstreams: 'system',
    resolvConf: undefined,
    ...changes,
  }
}

export function listener(host: string, port: number, name = 'named'): Listener {
  return { at: { host, port }, transport: 'udp', program: name, pid: 321 }
}

export function macFacts(changes: Partial<MacFacts> = {}): MacFacts {
  return {
    platform: 'darwin',
    ...every,
    program: {
      ...program,
      node: '/usr/local/bin/node',
      program: '/usr/local/lib/node_modules/signpost/dist/bin.js',
    },
    services: [
      { name: 'Wi-Fi', servers: [] },
      { name: 'USB 10/100/1000 LAN', servers: ['192.0.2.1', '192.0.2.2'] },
    ],
    servers: ['192.0.2.1'],
    freeUserId: 300,
    ...changes,
  }
}

export function windowsFacts(changes: Partial<WindowsFacts> = {}): WindowsFacts {
  return {
    platform: 'win32',
    ...every,
    program: {
      ...program,
      node: 'C:\\Program Files\\nodejs\\node.exe',
      program: 'C:\\Users\\Public\\npm\\node_modules\\signpost\\dist\\bin.js',
    },
    env: {},
    ...changes,
  }
}
