import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Command } from '../change.ts'
import type { CommandEnded } from '../effects/commands.ts'
import { diskBelow } from '../effects/disk.ts'
import { type Step, withoutInstallation } from '../effects/journal.ts'
import type { State } from '../effects/state.ts'
import { TestRoot } from '../effects/root.test-support.ts'
import { whoResolves } from '../resolver/which.ts'
import { linuxFacts } from '../facts.test-support.ts'
import type { Listener } from '../facts.ts'
import { readConfigFacts } from './config.ts'
import { readFacts } from './facts.ts'
import { readLinux } from './linux.ts'
import { parseSockets } from './listeners.ts'
import { freeUserId, networkServices, parseServers } from './macos.ts'
import { parseResolvConf, printResolvConf } from './resolv-conf.ts'
import { listOf, parseSettings } from './settings.ts'
import { type Machine, linkTarget } from './machine.ts'

const ended = (ok: boolean, stdout = ''): CommandEnded => ({ ok, stdout, problem: '' })

/** A machine that runs, with these services active. */
function running(root: TestRoot, version: number, active: readonly string[]): Machine {
  const ask = (command: Command): Promise<CommandEnded> => {
    if (command.includes('--version'))
      return Promise.resolve(ended(true, `systemd ${version} (${version}.1-1)\n+PAM`))
    return Promise.resolve(ended(active.some(service => command.includes(`${service}.service`))))
  }
  return { disk: diskBelow(root.path), ask }
}

const image = (root: TestRoot): Machine => ({ disk: diskBelow(root.path), ask: undefined })

describe('a machine that runs', () => {
  test('has a resolver that follows from its files and its services', async () => {
    await using root = await TestRoot.create({
      '/run/systemd/system/x': '',
      '/run/systemd/resolve/stub-resolv.conf': 'nameserver 127.0.0.53\n',
      '/etc/resolv.conf': '-> ../run/systemd/resolve/stub-resolv.conf',
      '/etc/systemd/resolved.conf':
        '[Resolve]\n#DNS=192.0.2.1\nDNS=192.0.2.9#a.example\nDNSStubListener=tcp\n',
      '/usr/lib/systemd/resolved.conf': '[Resolve]\nDNS=192.0.2.5\n',
      '/usr/lib/systemd/resolved.conf.d/50-x.conf': '[Resolve]\nDNS=192.0.2.8\nDNSOverTLS=opportunistic\n',
      '/etc/systemd/resolved.conf.d/60-x.conf': '[Resolve]\nDNS=192.0.2.7 192.0.2.6\n',
    })
    const facts = await readLinux(running(root, 257, ['systemd-resolved', 'systemd-networkd']))
    expect(facts).toEqual({
      systemd: 257,
      resolvConf: {
        kind: 'link',
        target: '/run/systemd/resolve/stub-resolv.conf',
        text: 'nameserver 127.0.0.53\n',
      },
      resolved: {
        version: 257,
        active: true,
        globalServers: ['192.0.2.9#a.example', '192.0.2.8', '192.0.2.7', '192.0.2.6'],
        overTls: 'opportunistic',
        stubListener: false,
      },
      networkManager: undefined,
      networkd: true,
      dnsmasq: undefined,
      dhclient: false,
    })
    expect(whoResolves(linuxFacts(facts))).toEqual({ kind: 'resolved', version: 257, stub: true })
  })

  test('has a drop-in of /etc in place of the one of the same name that a package has', async () => {
    await using root = await TestRoot.create({
      '/usr/lib/NetworkManager/conf.d/50-dns.conf': '[main]\ndns=systemd-resolved\n',
      '/etc/NetworkManager/conf.d/50-dns.conf': '[main]\n# dns=none\n',
      '/etc/NetworkManager/NetworkManager.conf':
        '[main]\nplugins=keyfile\ndns = dnsmasq\n[keyfile]\ndns=none\n',
    })
    const { networkManager } = await readLinux(running(root, 257, ['NetworkManager']))
    expect(networkManager).toEqual({ active: true, dns: 'dnsmasq' })
  })

  test("has NetworkManager's files in its order: those of packages, the main one, the administrator's", async () => {
    const main = '/etc/NetworkManager/NetworkManager.conf'
    await using root = await TestRoot.create({
      '/usr/lib/NetworkManager/conf.d/99-dns.conf': '[main]\ndns=systemd-resolved\n',
      '/run/NetworkManager/conf.d/10-dns.conf': '[main]\ndns=default\n',
      [main]: '[main]\ndns=none\n',
    })
    const dns = async (): Promise<string | undefined> =>
      (await readLinux(running(root, 257, ['NetworkManager']))).networkManager?.dns
    expect(await dns()).toBe('none')
    await root.write('/etc/NetworkManager/conf.d/10-dns.conf', '[main]\ndns=dnsmasq\n')
    expect(await dns()).toBe('dnsmasq')
    await root.write('/etc/NetworkManager/conf.d/10-dns.conf', '')
    await root.write(main, '')
    expect(await dns()).toBe('systemd-resolved')
  })

  test.each([
    [
      'with conf-dir',
      {
        '/etc/dnsmasq.conf':
          'conf-dir=/etc/dnsmasq.d/,*.conf\ncache-size=1000\nserver=192.0.2.1\nserver=/corp.example/192.0.2.2\n',
      },
      true,
      ['192.0.2.1', '192.0.2.3'],
      '1000',
    ],
    [
      'as Debian starts it',
      { '/etc/default/dnsmasq': 'ENABLED=1\nCONFIG_DIR=/etc/dnsmasq.d,.dpkg-dist\n' },
      true,
      ['192.0.2.3'],
      undefined,
    ],
    [
      'with a directory that nobody reads',
      { '/etc/dnsmasq.conf': '#conf-dir=/etc/dnsmasq.d\n' },
      false,
      [],
      undefined,
    ],
  ])('has a dnsmasq %s', async (_, files, readsDirectory, servers, cacheSize) => {
    await using root = await TestRoot.create({
      '/etc/dnsmasq.d/own.conf': 'server=192.0.2.3\n',
      '/etc/dnsmasq.d/.hidden': 'server=192.0.2.4\n',
      ...files,
    })
    const { dnsmasq } = await readLinux(running(root, 257, ['dnsmasq']))
    expect(dnsmasq).toEqual({
      active: true,
      readsDirectory,
      resolvFile: '/etc/resolv.conf',
      servers,
      cacheSize,
    })
  })
})

test('whoever listens is another program, whatever it is called, unless systemd says that it is the service', async () => {
  await using root = await TestRoot.create({ '/etc/hosts': '' })
  const program = process.execPath
  const script =
    "const s = require('node:dgram').createSocket('udp4'); s.bind(0, '127.0.0.1', () => console.log(s.address().port))"
  const child = spawn(process.execPath, ['--eval', script, '--', program, 'up', '--config', 'x'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    await root.write('/c.toml', `[gateway]\nlisten = ["127.0.0.1:${String(printed).trim()}"]\n`)
    const here = {
      execPath: program,
      execArgv: [],
      argv: ['node', program],
      env: {},
      platform: 'linux',
    } as const
    const listenersWhere = async (mainPid: number): Promise<readonly Listener[]> => {
      const machine: Machine = {
        disk: diskBelow(root.path),
        ask: command => Promise.resolve(ended(true, command.includes('show') ? `${mainPid}\n` : '')),
      }
      return (await readFacts(machine, '/c.toml', { platform: 'linux', env: {}, process: here })).listeners
    }
    expect(await listenersWhere(0)).toEqual([expect.objectContaining({ pid: child.pid })])
    expect(await listenersWhere(child.pid!)).toEqual([])
  } finally {
    child.kill()
  }
})

test('the root of an image has the services that it will start', async () => {
  await using root = await TestRoot.create({
    '/usr/lib/systemd/systemd': '',
    '/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-258.so': '',
    '/etc/systemd/system/sysinit.target.wants/systemd-resolved.service':
      '-> /lib/systemd/system/systemd-resolved.service',
    '/etc/resolv.conf': '-> /run/systemd/resolve/stub-resolv.conf',
  })
  const facts = linuxFacts(await readLinux(image(root)))
  expect(facts).toMatchObject({ systemd: 258, networkManager: undefined, networkd: false })
  expect(whoResolves(facts)).toEqual({ kind: 'resolved', version: 258, stub: true })
})

test("what an installation has changed is seen as it was before, but for what is somebody else's by now", async () => {
  await using root = await TestRoot.create({
    '/etc/a': 'ours',
    '/etc/b': 'ours, edited',
    '/etc/resolv.conf': 'nameserver 192.0.2.1\n',
    '/etc/d/new': 'ours',
  })
  const disk = diskBelow(root.path)
  const ours = await disk.look('/etc/a')
  const other: State = { kind: 'file', octets: 'MA==', mode: 0o644, uid: 0, gid: 0 }
  const step = (path: string, before: State): Step => ({
    kind: 'place',
    path,
    before,
    after: ours,
    directories: [],
  })
  const steps = [
    step('/etc/a', other),
    step('/etc/b', other),
    step('/etc/resolv.conf', other),
    step('/etc/d/new', { kind: 'absent' }),
  ]
  const seen = withoutInstallation(disk, { version: 1, state: 'installed', scope: 'all', changes: [], steps })
  expect(await seen.look('/etc/a')).toMatchObject({ octets: 'MA==' })
  expect(await seen.look('/etc/b')).toMatchObject({ octets: 'MA==' })
  expect(await seen.look('/etc/resolv.conf')).toEqual(await disk.look('/etc/resolv.conf'))
  expect(await seen.look('/etc/d/new')).toEqual({ kind: 'absent' })
  expect(await seen.list('/etc/d')).toEqual([])
})

test('a configuration says where the gateway listens and whom it asks', async () => {
  await using root = await TestRoot.create({
    '/etc/one.toml': '[gateway]\nlisten = ["[::1]:53"]\nupstreams = "system"\nsuffixes = ["a.example"]\n',
    '/etc/two.toml': '[gateway]\nupstreams = []\n',
    '/etc/bad.toml': '[gateway]\nlisen = []\n',
  })
  expect(await readConfigFacts(image(root), '/etc/one.toml')).toEqual({
    listen: [{ host: '::1', port: 53 }],
    suffixes: ['a.example'],
    upstreams: 'system',
    resolvConf: undefined,
  })
  expect(await readConfigFacts(image(root), '/etc/two.toml')).toMatchObject({
    listen: undefined,
    upstreams: 'none',
  })
  expect(await readConfigFacts(image(root), '/etc/none.toml')).toBeUndefined()
  await expect(readConfigFacts(image(root), '/etc/bad.toml')).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
  })
})

describe('files below another root', () => {
  test('stay below it, whatever links lead out of it', async () => {
    await using outside = await TestRoot.create({ '/etc/x': 'outside' })
    await using root = await TestRoot.create({
      '/var/run': '-> /run',
      '/run/x': 'inside',
      '/etc/up': '-> ../../../../../../../../../../..',
      '/etc/out': `-> ${outside.path}/etc`,
      '/etc/circle': '-> circle',
    })
    const disk = diskBelow(root.path)
    expect(await disk.look('/var/run/x')).toEqual(await disk.look('/run/x'))
    expect(await disk.look('/etc/up/run/x')).toEqual(await disk.look('/run/x'))
    expect(await disk.look('/etc/out/x')).toEqual({ kind: 'absent' })
    await expect(disk.look('/etc/circle/x')).rejects.toMatchObject({ code: 'UNUSUAL_FILE' })
    expect(await outside.read('/etc/x')).toBe('outside')
  })

  test('that are neither files nor links are not touched', async () => {
    await using root = await TestRoot.create({ '/etc/resolv.conf/x': '' })
    await expect(diskBelow(root.path).look('/etc/resolv.conf')).rejects.toMatchObject({
      code: 'UNUSUAL_FILE',
      path: '/etc/resolv.conf',
    })
  })
})

test('resolv.conf loses its servers and nothing else', () => {
  const read = parseResolvConf(
    '# by hand\nsearch a.example b.example\nnameserver 192.0.2.1\n;x\n\noptions ndots:2\nnameserver fe80::1%eth0\nnameserver nonsense\n',
  )
  expect(read).toEqual({
    servers: ['192.0.2.1', 'fe80::1%eth0'],
    others: ['search a.example b.example', 'options ndots:2'],
  })
  expect(printResolvConf({ ...read, servers: ['127.0.0.1'] }, ['ours'])).toBe(
    '# ours\nnameserver 127.0.0.1\nsearch a.example b.example\noptions ndots:2\n',
  )
})

test.each([
  ['../run/x', '/run/x'],
  ['//run/x', '/run/x'],
  ['a#b?c', '/etc/a#b?c'],
  ['/run/a%20b', '/run/a%20b'],
  ['/run/my net/x', '/run/my net/x'],
])('the link %s leads to %s', (target, path) => {
  expect(linkTarget('/etc/resolv.conf', target)).toBe(path)
})

test('an empty value of a list drops those before it', () => {
  const settings = parseSettings(['[A]\nx=1 2\nx=\n', '[a]\nX=3\n[b]\nx=4\n; x=5\n'])
  expect(listOf(settings, 'a.x')).toEqual(['3'])
  expect(listOf(settings, 'b.x')).toEqual(['4'])
  expect(listOf(settings, 'c.x')).toEqual([])
})

test('sockets that listen are read as the kernel writes them', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 2001 2 0000000000000000 0
   1: 0100007F:14B4 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2002 1 0000000000000000 20
   2: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 2003 1 0
`
  expect(parseSockets(text)).toEqual([
    { host: '127.0.0.53', port: 53, inode: '2001' },
    { host: '2001:db8::1', port: 53, inode: '2003' },
  ])
})

test('macOS says which services it has, who their servers are, and which numbers are taken', () => {
  expect(
    networkServices(
      'An asterisk (*) denotes that a network service is disabled.\nWi-Fi\n*Bluetooth PAN\nUSB LAN\n',
    ),
  ).toEqual(['Wi-Fi', 'USB LAN'])
  expect(parseServers("There aren't any DNS Servers set on Wi-Fi.\n")).toEqual([])
  expect(parseServers('192.0.2.1\n2001:db8::1\n')).toEqual(['192.0.2.1', '2001:db8::1'])
  expect(freeUserId('root    0\n_a  300\n_b      301\n')).toBe(302)
  expect(freeUserId('_signpost  300\n')).toBeUndefined()
})
