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

type LinuxOnly = Omit<LinuxFacts, 'platform' | 'program' | 'config' | 'listeners'>

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
  const settings = await readAll(machine, 'systemd/resolved.conf', 'systemd/resolved.conf.d')
  const overTls = lastOf(settings, 'resolve.dnsovertls') ?? 'no'
  return {
    version,
    active,
    globalServers: listOf(settings, 'resolve.dns'),
    overTls: !['no', 'false', 'off', '0'].includes(overTls.toLowerCase()),
  }
}

async function readNetworkManager(machine: Machine): Promise<NetworkManagerFacts | undefined> {
  const active = await isActive(machine, 'NetworkManager.service')
  if (!active) return undefined
  const settings = await readAll(machine, 'NetworkManager/NetworkManager.conf', 'NetworkManager/conf.d')
  return { active, dns: lastOf(settings, 'main.dns') }
}

/** The places of configuration that packages and administrators share, from the weakest to the strongest. */
const ROOTS = ['/usr/lib', '/usr/local/lib', '/run', '/etc']

/** A file and the drop-ins beside it: of equal names the strongest counts, and they are read in order of their names. */
async function readAll(machine: Machine, main: string, directory: string): Promise<Settings> {
  const texts: string[] = []
  const paths = new Map<string, string>()
  for (const root of ROOTS) {
    const text = await readText(machine, posix.join(root, main))
    if (text !== undefined) texts.push(text)
    for (const name of await machine.disk.list(posix.join(root, directory)))
      if (name.endsWith('.conf')) paths.set(name, posix.join(root, directory, name))
  }
  for (const name of [...paths.keys()].sort())
    texts.push((await readText(machine, paths.get(name) as string)) ?? '')
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
    servers: (settings.get('.server') ?? []).filter(server => !server.startsWith('/')),
  }
}
