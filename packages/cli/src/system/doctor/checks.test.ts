import { Rcode } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import type { DaemonStatus } from '../../daemon/status.ts'
import type { Probe } from '../probe.ts'
import { examine } from './checks.ts'
import type { Asked, DaemonSeen, Observations } from './observations.ts'
import { diskBelow } from '../effects/disk.ts'
import { TestRoot } from '../effects/root.test-support.ts'
import { resolverFor, serversOf } from './system-resolvers.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4)
const DAY = 86_400_000
const GATEWAY: Probe = { kind: 'gateway' }
const SILENT: Probe = { kind: 'silence', reason: 'nobody listens there' }

function asked(host: string, port: number, answer: Probe, transport: 'udp' | 'tcp' = 'udp'): Asked {
  return { at: { host, port }, transport, answer }
}

interface DaemonChanges {
  readonly connected?: number
  readonly upstreams?: readonly { upstream: string; condition: string }[]
  readonly certificateExpiresAt?: number
}

function daemon({ connected = 3, upstreams, certificateExpiresAt }: DaemonChanges = {}): DaemonSeen {
  // What no check looks at is left out.
  const status = {
    version: '1.2.3',
    pid: 99,
    node: { startedAt: NOW - 3_600_000, connected, networks: [{ known: 12 }] },
    gateway: {
      stats: {
        upstream: { upstreams: upstreams ?? [{ upstream: '192.0.2.1:53', condition: 'up' }] },
        certificateExpiresAt,
      },
    },
  } as unknown as DaemonStatus
  return { kind: 'running', status }
}

/** A machine on which all is well. */
function healthy(changes: Partial<Observations> = {}): Observations {
  return {
    platform: 'linux',
    now: NOW,
    dataDir: '/var/lib/signpost',
    installation: {
      readable: true,
      finished: true,
      scope: 'names',
      config: '/etc/signpost/signpost.toml',
      changed: [],
      service: { active: true, lastWords: undefined },
    },
    config: { path: '/etc/signpost/signpost.toml', problem: undefined },
    daemon: daemon(),
    suffix: 'signpost.internal',
    listening: [asked('127.0.0.1', 5300, GATEWAY), asked('127.0.0.1', 5300, GATEWAY, 'tcp')],
    holders: [
      { at: { host: '127.0.0.53', port: 53 }, transport: 'udp', program: 'systemd-resolved', pid: 1 },
    ],
    resolvers: [asked('127.0.0.53', 53, GATEWAY)],
    ordinary: { rcode: Rcode.NOERROR, explanations: [] },
    clock: { synchronized: true, lastWritten: NOW - 1000, records: 2, expired: 1 },
    disk: { kind: 'seen', freeOctets: 10 ** 10, mode: 0o700 },
    ...changes,
  }
}

test('a machine on which all is well', () => {
  expect(examine(healthy()).map(({ status, name, sentence }) => `${status} ${name}: ${sentence}`)).toEqual([
    'ok installation: all files are as they were installed',
    'ok configuration: /etc/signpost/signpost.toml can be honoured',
    'ok daemon: the daemon runs: signpost 1.2.3, process 99, for 1h',
    'ok listening: the gateway answers at 127.0.0.1:5300, over UDP and TCP',
    'ok port 53: also a DNS server here: systemd-resolved at 127.0.0.53:53',
    "ok resolver: names below signpost.internal reach the gateway through this machine's resolver (127.0.0.53:53)",
    'ok upstreams: ordinary names are looked up through 192.0.2.1:53',
    'ok loops: no upstream sends questions back to the gateway',
    'ok peers: 3 peers are connected',
    'ok clock: the clock shows 2026-01-02 03:04 UTC',
    'ok disk: 9536 MiB are free for /var/lib/signpost',
  ])
})

const installed = healthy().installation!

describe('what is wrong is said in words, with what mends it', () => {
  test.each<[string, Partial<Observations>, RegExp, string]>([
    [
      'nothing is installed',
      { installation: undefined },
      /^warn installation: .* nothing here asks the gateway/,
      'sudo signpost install --dry-run shows what installing would change',
    ],
    [
      'what was installed is for root alone to see',
      { installation: { ...installed, readable: false } },
      /^warn installation: this user may not see/,
      'sudo signpost doctor',
    ],
    [
      'an installation was broken off',
      { installation: { ...installed, finished: false } },
      /^fail installation: .* half way/,
      'sudo signpost install, or sudo signpost uninstall',
    ],
    [
      'resolv.conf was overwritten',
      { installation: { ...installed, scope: 'all', changed: [{ path: '/etc/resolv.conf', gone: false }] } },
      /^fail installation: \/etc\/resolv\.conf was changed: another program, such as a DHCP client/,
      'sudo signpost install --scope all',
    ],
    [
      'what was installed has a configuration elsewhere',
      { installation: { ...installed, finished: false, scope: 'all', config: '/opt/my dns.toml' } },
      /^fail installation: .* half way/,
      "sudo signpost install --scope all --config '/opt/my dns.toml', or sudo signpost uninstall",
    ],
    [
      'a file was taken away',
      { installation: { ...installed, changed: [{ path: '/etc/dnsmasq.d/signpost.conf', gone: true }] } },
      /^warn installation: \/etc\/dnsmasq\.d\/signpost\.conf is gone since/,
      'sudo signpost install puts back what signpost needs',
    ],
    [
      'the configuration is wrong',
      { config: { path: '/c', problem: '/c: gateway.lisen: there is no such key' } },
      /^fail configuration: \/c: gateway\.lisen/,
      'mend /c, then: signpost gateway check /c',
    ],
    [
      'no daemon runs',
      { daemon: { kind: 'none' }, installation: { ...installed, service: undefined } },
      /^fail daemon: no daemon runs on \/var\/lib\/signpost/,
      'signpost up',
    ],
    [
      'the service was stopped',
      {
        daemon: { kind: 'none' },
        installation: { ...installed, service: { active: false, lastWords: 'signpost: port 53 is taken' } },
      },
      /^fail daemon: the service does not run; it said last: signpost: port 53 is taken/,
      'sudo systemctl start signpost',
    ],
    [
      'the daemon belongs to somebody else',
      { daemon: { kind: 'forbidden' } },
      /^warn daemon: this user may not talk to the daemon/,
      'sudo signpost doctor',
    ],
    [
      'the daemon is of another version',
      { daemon: { kind: 'mute', problem: 'it speaks version 3' } },
      /^fail daemon: .* it speaks version 3/,
      'journalctl -u signpost -n 20',
    ],
    [
      'nobody listens',
      { listening: [asked('127.0.0.1', 5300, SILENT, 'tcp')] },
      /^fail listening: the gateway does not answer at 127\.0\.0\.1:5300 over TCP: nobody listens there/,
      'look for a firewall on loopback: sudo nft list ruleset',
    ],
    [
      'another server listens',
      {
        listening: [asked('127.0.0.1', 53, { kind: 'other', rcode: Rcode.REFUSED })],
        holders: [{ at: { host: '127.0.0.1', port: 53 }, transport: 'udp', program: 'unbound', pid: 7 }],
      },
      /^fail listening: another DNS server \(unbound\) answers at 127\.0\.0\.1:53 over UDP, where the gateway should/,
      'stop that server, or change gateway.listen',
    ],
    [
      'the suffix goes elsewhere',
      { resolvers: [asked('192.0.2.1', 53, { kind: 'other', rcode: Rcode.NXDOMAIN })] },
      /^fail resolver: names below signpost\.internal do not reach the gateway: this machine's resolver at 192\.0\.2\.1:53 answers by itself \(NXDOMAIN\)/,
      'sudo signpost install',
    ],
    [
      'the resolver is silent',
      { resolvers: [asked('192.0.2.1', 53, SILENT)] },
      /^fail resolver: .* does not answer \(nobody listens there\)/,
      'sudo signpost install',
    ],
    [
      'the second server is another one',
      { resolvers: [asked('127.0.0.1', 53, GATEWAY), asked('192.0.2.1', 53, SILENT)] },
      /^warn resolver: .* through 127\.0\.0\.1:53, but not through 192\.0\.2\.1:53/,
      'sudo signpost install',
    ],
    [
      'the machine has no resolver',
      { resolvers: [] },
      /^fail resolver: this machine has no DNS server/,
      'sudo signpost install',
    ],
    [
      'upstreams are silent',
      { ordinary: { rcode: Rcode.SERVFAIL, explanations: ['192.0.2.1:53 is silent'] } },
      /^fail upstreams: ordinary names cannot be looked up: SERVFAIL, 192\.0\.2\.1:53 is silent/,
      'check that this machine reaches 192.0.2.1:53, or name other upstreams',
    ],
    [
      'one upstream is silent',
      {
        daemon: daemon({
          upstreams: [
            { upstream: 'a', condition: 'up' },
            { upstream: 'b', condition: 'down' },
          ],
        }),
      },
      /^warn upstreams: of the upstreams, b did not answer last/,
      'check b, or take it out',
    ],
    [
      'there is no upstream',
      { daemon: daemon({ upstreams: [] }) },
      /^warn upstreams: the gateway knows no upstream/,
      'add upstreams to the table [gateway] of the configuration, such as upstreams = "system"',
    ],
    [
      'there is no upstream for a machine that asks for all names',
      { daemon: daemon({ upstreams: [] }), installation: { ...installed, scope: 'all' } },
      /^fail upstreams: the gateway knows no upstream/,
      'add upstreams to the table [gateway] of the configuration, such as upstreams = "system"',
    ],
    [
      'there is a loop',
      { daemon: daemon({ upstreams: [{ upstream: '127.0.0.53:53', condition: 'loop' }] }) },
      /^fail loops: 127\.0\.0\.53:53 sends what the gateway asks back/,
      'name servers of your network or your provider as upstreams instead',
    ],
    [
      'there is no peer',
      { daemon: daemon({ connected: 0 }) },
      /^warn peers: no peer is connected, though 12 are known/,
      'check that this machine reaches the internet, or name a peer with bootstrap in the table [node]',
    ],
    [
      'the certificate has expired',
      { daemon: daemon({ certificateExpiresAt: NOW - 2 * DAY }) },
      /^fail certificate: .* expired 2d ago/,
      'renew the files that certificate names in the configuration; they are read again by themselves',
    ],
    [
      'the certificate expires soon',
      { daemon: daemon({ certificateExpiresAt: NOW + 3 * DAY }) },
      /^warn certificate: .* valid for another 3d/,
      'renew the files that certificate names in the configuration; they are read again by themselves',
    ],
    [
      'the clock went back',
      { clock: { ...healthy().clock, lastWritten: NOW + 400 * DAY } },
      /^fail clock: the clock shows 2026-01-02 03:04 UTC, and this machine has written files/,
      'sudo timedatectl set-ntp true',
    ],
    [
      'every record has expired',
      { clock: { ...healthy().clock, expired: 2 } },
      /^warn clock: all records of the 2 zones that this node follows have expired by this clock/,
      'sudo timedatectl set-ntp true',
    ],
    [
      'nothing sets the clock',
      { clock: { ...healthy().clock, synchronized: false } },
      /^warn clock: nothing sets the clock/,
      'sudo timedatectl set-ntp true',
    ],
    [
      'the disk is full',
      { disk: { kind: 'seen', freeOctets: 2 ** 20, mode: 0o700 } },
      /^fail disk: only 1 MiB are free/,
      'make room on that disk',
    ],
    [
      'the disk is nearly full',
      { disk: { kind: 'seen', freeOctets: 100 * 2 ** 20, mode: 0o700 } },
      /^warn disk: only 100 MiB are free/,
      'make room on that disk',
    ],
    [
      'others may write to the data',
      { disk: { kind: 'seen', freeOctets: 10 ** 10, mode: 0o722 } },
      /^fail disk: others than its owner may write/,
      'sudo chmod go-w /var/lib/signpost',
    ],
  ])('%s', (_, changes, sentence, mend) => {
    const seen = healthy(changes)
    const found = examine(seen).filter(({ status }) => status !== 'ok')
    const one = found.find(check => sentence.test(`${check.status} ${check.name}: ${check.sentence}`))
    expect(one?.mend, JSON.stringify(found)).toBe(mend)
    // One cause is one finding.
    expect(found).toHaveLength(1)
  })
})

test('no check of a healthy machine has anything to mend, and every other one has', () => {
  for (const { status, mend } of examine(healthy())) expect([status, mend]).toEqual(['ok', undefined])
})

test('the servers that programs ask are those of resolv.conf, whatever their zone', async () => {
  await using root = await TestRoot.create({
    '/etc/resolv.conf': 'nameserver fe80::1%lo\nnameserver 127.0.0.53\n',
  })
  const disk = diskBelow(root.path)
  expect(await serversOf(disk)).toEqual([
    { host: 'fe80::1%lo', port: 53 },
    { host: '127.0.0.53', port: 53 },
  ])
  await root.write('/etc/resolv.conf', '# none\n')
  expect(await serversOf(disk)).toEqual([])
})

test('the resolver that macOS has for a domain of its own', () => {
  const output = `DNS configuration

resolver #1
  nameserver[0] : 192.0.2.1
  if_index : 6 (en0)

resolver #8
  domain   : signpost.internal
  nameserver[0] : 127.0.0.1
  port     : 5300
  flags    : Request A records
`
  expect(resolverFor('signpost.internal', output)).toEqual({ host: '127.0.0.1', port: 5300 })
  expect(resolverFor('other.internal', output)).toBeUndefined()
})
