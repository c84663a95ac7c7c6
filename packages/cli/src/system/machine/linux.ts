import { posix } from 'node:path'
import type {
  DnsmasqFacts,
  LinuxFacts,
  NetworkManagerFacts,
  ResolvConfFacts,
  ResolvedFacts,
} from '../facts.ts'
import { type Machine, isThere, linkTarget, readText } from './machine.ts'
import { type Settings, lastOf, listOf, parseSettings } from './settings.ts'

type LinuxOnly = Omit<LinuxFacts, 'platform' | 'program' | 'config' | 'configUnreadable' | 'listeners'>

/** What only Linux machines have. */
export async function readLinux(machine: Machine): Promise<LinuxOnly> {
  const version = await systemdVersion(machine)
  return {
    systemd: (await isBooted(machine)) ? (version ?? 0) : undefined,
    resolvConf: await readResolvConf(machine),
    resolved: await readResolved(machine, version),
    networkManager: await readNetworkManager(machine),
    networkd: await isActive(machine, 'systemd-networkd.service'),
    dnsmasq: await readDnsmasq(machine),
    dhclient:
      (await isThere(machine, '/etc/dhcp')) &&
      ((await isThere(machine, '/sbin/dhclient')) || (await isThere(machine, '/usr/sbin/dhclient'))),
  }
}

/** Whether systemd starts the services (sd_booted(3)); of an image: whether it will. */
async function isBooted(machine: Machine): Promise<boolean> {
  if (machine.ask !== undefined) return isThere(machine, '/run/systemd/system')
  return (await isThere(machine, '/usr/lib/systemd/systemd')) || isThere(machine, '/lib/systemd/systemd')
}

async function systemdVersion(machine: Machine): Promise<number | undefined> {
  const { ask, disk } = machine
  if (ask !== undefined) {
    const { stdout } = await ask(['systemctl', '--version'])
    const [, version] = /^systemd (\d+)/.exec(stdout) ?? []
    return version === undefined ? undefined : Number(version)
  }
  // By the name of the library that all of its programs share.
  const places = (await disk.list('/usr/lib')).filter(name => name.endsWith('-linux-gnu'))
  for (const place of ['', ...places, '../lib64']) {
    for (const name of await disk.list(posix.join('/usr/lib', place, 'systemd'))) {
      const [, version] = /^libsystemd-shared-(\d+)/.exec(name) ?? []
      if (version !== undefined) return Number(version)
    }
  }
  return undefined
}

/** Whether a service runs; of an image: whether it will. */
async function isActive(machine: Machine, unit: string): Promise<boolean> {
  if (machine.ask !== undefined) return (await machine.ask(['systemctl', 'is-active', unit])).ok
  for (const target of ['multi-user', 'sysinit', 'network-online'])
    if (await isThere(machine, `/etc/systemd/system/${target}.target.wants/${unit}`)) return true
  return false
}

async function readResolvConf(machine: Machine): Promise<ResolvConfFacts> {
  const path = '/etc/resolv.conf'
  const state = await machine.disk.look(path)
  const text = (await readText(machine, path)) ?? ''
  return state.kind === 'link'
    ? { kind: 'link', target: linkTarget(path, state.target), text }
    : { kind: state.kind, text }
}

async function readResolved(
  machine: Machine,
  version: number | undefined,
): Promise<ResolvedFacts | undefined> {
  const active = await isActive(machine, 'systemd-resolved.service')
  if (version === undefined || !active) return undefined
  const settings = await readSystemd(machine, 'resolved.conf')
  const stubListener = lastOf(settings, 'resolve.dnsstublistener')?.toLowerCase() ?? 'yes'
  return {
    version,
    active,
    globalServers: listOf(settings, 'resolve.dns'),
    overTls: overTlsOf(lastOf(settings, 'resolve.dnsovertls') ?? 'no'),
    stubListener: stubListener === 'udp' || YES.has(stubListener),
  }
}

/** Booleans as systemd reads them (systemd.syntax(7)). */
const YES: ReadonlySet<string> = new Set(['yes', 'true', 'on', 'y', 't', '1'])

function overTlsOf(value: string): ResolvedFacts['overTls'] {
  if (value === 'opportunistic') return value
  return YES.has(value.toLowerCase()) ? 'yes' : 'no'
}

async function readNetworkManager(machine: Machine): Promise<NetworkManagerFacts | undefined> {
  const active = await isActive(machine, 'NetworkManager.service')
  if (!active) return undefined
  // Files of packages and of this boot come before the main one, the administrator's after it (NetworkManager.conf(5)).
  const places = await dropIns(machine, ['/usr/lib', '/run', '/etc'], 'NetworkManager/conf.d')
  const own = places.filter(path => path.startsWith('/etc/'))
  const others = ['/usr/lib/', '/run/'].flatMap(root => places.filter(path => path.startsWith(root)))
  const settings = await readFiles(machine, [...others, '/etc/NetworkManager/NetworkManager.conf', ...own])
  return { active, dns: lastOf(settings, 'main.dns') }
}

/** The places of systemd's configuration, from the weakest to the strongest. */
const ROOTS = ['/usr/lib', '/usr/local/lib', '/run', '/etc']

/** The strongest main file, and over it all drop-ins in order of their names (systemd-system.conf(5)). */
async function readSystemd(machine: Machine, name: string): Promise<Settings> {
  const main: string[] = []
  for (const root of ROOTS.toReversed()) {
    const path = posix.join(root, 'systemd', name)
    if (main.length === 0 && (await isThere(machine, path))) main.push(path)
  }
  return readFiles(machine, [...main, ...(await dropIns(machine, ROOTS, `systemd/${name}.d`))])
}

/** Files of a directory that is in several places, in order of their names: of equal names the strongest counts. */
async function dropIns(machine: Machine, roots: readonly string[], directory: string): Promise<string[]> {
  const paths = new Map<string, string>()
  for (const root of roots)
    for (const name of await machine.disk.list(posix.join(root, directory)))
      if (name.endsWith('.conf')) paths.set(name, posix.join(root, directory, name))
  return [...paths].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

async function readFiles(machine: Machine, paths: readonly string[]): Promise<Settings> {
  const texts: string[] = []
  for (const path of paths) texts.push((await readText(machine, path)) ?? '')
  return parseSettings(texts)
}

const DNSMASQ_DIRECTORY = '/etc/dnsmasq.d'

async function readDnsmasq(machine: Machine): Promise<DnsmasqFacts | undefined> {
  const active = await isActive(machine, 'dnsmasq.service')
  if (!active) return undefined
  const main = (await readText(machine, '/etc/dnsmasq.conf')) ?? ''
  const byDebian = (await readText(machine, '/etc/default/dnsmasq')) ?? ''
  const inDirectory: string[] = []
  for (const name of await machine.disk.list(DNSMASQ_DIRECTORY))
    if (!/^[.#]|~$/.test(name) && name !== 'README')
      inDirectory.push((await readText(machine, posix.join(DNSMASQ_DIRECTORY, name))) ?? '')
  const readsDirectory = new RegExp(`^\\s*(?:conf-dir|CONFIG_DIR)="?${DNSMASQ_DIRECTORY}\\b`, 'm').test(
    `${main}\n${byDebian}`,
  )
  const settings = parseSettings([main, ...(readsDirectory ? inDirectory : [])])
  // Debian hands it what resolvconf has collected.
  const collected = '/run/dnsmasq/resolv.conf'
  const found = (await isThere(machine, collected)) ? collected : '/etc/resolv.conf'
  return {
    active,
    readsDirectory,
    resolvFile: lastOf(settings, '.resolv-file') ?? found,
    cacheSize: lastOf(settings, '.cache-size'),
    servers: (settings.get('.server') ?? []).filter(server => !server.startsWith('/')),
  }
}
