import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Scope } from './change.ts'
import type { Facts } from './facts.ts'
import {
  config,
  dnsmasq,
  linuxFacts,
  listener,
  macFacts,
  networkManager,
  resolved,
  resolvedFacts,
  windowsFacts,
} from './facts.test-support.ts'
import { planned, printed } from './plan.test-support.ts'

const PLANS = join(import.meta.dirname, '../../../../test/system/plans')

const UNIT = '/etc/systemd/system/signpost.service'
const stub = resolvedFacts(257).resolvConf
const loopback = { kind: 'file', text: 'nameserver 127.0.0.1\nnameserver 192.0.2.1\n' } as const
const byNetworkManager = {
  kind: 'link',
  target: '/run/NetworkManager/resolv.conf',
  text: 'nameserver 192.0.2.1\n',
} as const

const machines: readonly (readonly [name: string, facts: Facts, scopes?: readonly Scope[]])[] = [
  ['resolved-258', resolvedFacts(258)],
  ['resolved-257', resolvedFacts(257)],
  [
    'resolved-257-with-network-manager-and-networkd',
    resolvedFacts(257, { networkManager: networkManager(), networkd: true }),
    ['names'],
  ],
  ['resolved-245', resolvedFacts(245)],
  [
    'resolved-not-in-resolv-conf',
    resolvedFacts(258, {
      resolvConf: {
        kind: 'link',
        target: '/run/systemd/resolve/resolv.conf',
        text: 'nameserver 192.0.2.1\n',
      },
    }),
  ],
  [
    'resolved-with-servers-of-its-own',
    resolvedFacts(258, {
      resolved: resolved({
        version: 258,
        overTls: 'yes',
        globalServers: [
          '192.0.2.9:853#dns.example',
          '[2001:db8::9]:853%eth0#dns.example',
          '2001:db8::9#dns.example',
          '192.0.2.7',
        ],
      }),
    }),
    ['all'],
  ],
  ['network-manager', linuxFacts({ networkManager: networkManager(), resolvConf: byNetworkManager })],
  [
    'network-manager-with-dnsmasq',
    linuxFacts({
      networkManager: networkManager('dnsmasq'),
      resolvConf: loopback,
      listeners: [listener('127.0.0.1', 53, 'dnsmasq')],
    }),
  ],
  [
    'network-manager-with-resolved',
    resolvedFacts(258, { networkManager: networkManager('systemd-resolved'), resolvConf: byNetworkManager }),
    ['names'],
  ],
  [
    'dnsmasq',
    linuxFacts({
      dnsmasq: dnsmasq(),
      resolvConf: loopback,
      listeners: [listener('127.0.0.1', 53, 'dnsmasq')],
    }),
  ],
  [
    'dnsmasq-with-resolvconf',
    linuxFacts({ dnsmasq: dnsmasq({ resolvFile: '/run/dnsmasq/resolv.conf' }), resolvConf: loopback }),
    ['all'],
  ],
  [
    'dnsmasq-with-servers-of-its-own',
    linuxFacts({ dnsmasq: dnsmasq({ servers: ['192.0.2.1'] }), resolvConf: loopback }),
    ['all'],
  ],
  [
    'dnsmasq-without-directory',
    linuxFacts({ dnsmasq: dnsmasq({ readsDirectory: false }), resolvConf: loopback }),
    ['names'],
  ],
  ['resolv-conf', linuxFacts()],
  ['resolv-conf-with-dhclient', linuxFacts({ dhclient: true }), ['all']],
  [
    'resolv-conf-of-resolvconf',
    linuxFacts({
      resolvConf: { kind: 'link', target: '/run/resolvconf/resolv.conf', text: 'nameserver 192.0.2.1\n' },
    }),
    ['all'],
  ],
  ['resolv-conf-absent', linuxFacts({ resolvConf: { kind: 'absent', text: '' } }), ['all']],
  ['resolv-conf-without-systemd', linuxFacts({ systemd: undefined }), ['all']],
  ['macos', macFacts()],
  ['windows', windowsFacts()],
]

const cases = machines.flatMap(([name, facts, scopes = ['names', 'all']]) =>
  scopes.map(scope => ({ name, facts, scope })),
)

test.each(cases)('the plan for $name, scope $scope', async ({ name, facts, scope }) => {
  const shown = name === 'resolved-258' && scope === 'names' ? [] : [UNIT]
  await expect(printed(planned(facts, scope), shown)).toMatchFileSnapshot(join(PLANS, `${name}.${scope}.txt`))
})

describe('every plan', () => {
  test.each(cases)(
    'for $name, scope $scope, reads nothing but its facts, and undoes what it starts',
    ({ facts, scope }) => {
      const plan = planned(facts, scope)
      expect(planned(structuredClone(facts), scope)).toEqual(plan)
      for (const change of plan.changes)
        if (change.kind === 'command' && change.run?.includes('enable') === true)
          expect(change.undo).toEqual(change.run.map(word => (word === 'enable' ? 'disable' : word)))
    },
  )

  test.each(cases)(
    'for $name, scope $scope, changes the resolver only once the gateway answers',
    ({ facts, scope }) => {
      const { changes, problems } = planned(facts, scope)
      if (problems.length > 0) return
      const wait = changes.findIndex(({ kind }) => kind === 'wait')
      const resolverFiles = /resolv|dnsmasq|dns-delegate|signpost-link|dhclient/
      expect(wait).toBeGreaterThan(0)
      for (const change of changes.slice(0, wait))
        if ('path' in change) expect(change.path).not.toMatch(resolverFiles)
    },
  )
})

describe('a configuration that is there', () => {
  test('stays, and says where the gateway is asked and for which names', () => {
    const facts = resolvedFacts(258, {
      config: config({
        listen: [
          { host: '192.0.2.5', port: 53 },
          { host: '::', port: 5399 },
        ],
        suffixes: ['a.example', 'b.example'],
      }),
    })
    const plan = planned(facts)
    expect(plan.changes.some(change => 'path' in change && change.path.endsWith('signpost.toml'))).toBe(false)
    expect(printed(plan, [UNIT])).toContain('DNS=[::1]:5399\n    Domains=~a.example ~b.example\n')
    expect(printed(plan)).toContain('wait for a.example at ::1 port 5399')
  })

  test('has to listen where the resolver can ask', () => {
    expect(planned(linuxFacts({ config: config() }), 'all').problems).toEqual([
      "this machine's resolver can only ask at port 53, and /etc/signpost/signpost.toml has the gateway listen at " +
        '127.0.0.1:5300; add "127.0.0.1:53" to gateway.listen there',
    ])
    const listen = [{ host: '127.0.0.1', port: 53 }]
    expect(planned(linuxFacts({ config: config({ listen, upstreams: 'others' }) }), 'all').problems).toEqual(
      [],
    )
  })

  test('has to say where ordinary names are asked for, once all names come to the gateway', () => {
    const listen = [{ host: '127.0.0.1', port: 53 }]
    expect(planned(linuxFacts({ config: config({ listen, upstreams: 'none' }) }), 'all').problems).toEqual([
      'the gateway has no upstreams, so every ordinary name would be refused; in the table [gateway] of ' +
        '/etc/signpost/signpost.toml, write upstreams = "system" and resolv-conf = "/etc/signpost/upstreams.conf"',
    ])
    const own = planned(linuxFacts({ config: config({ listen }) }), 'all').problems
    expect(own).toEqual([expect.stringContaining("this machine's resolver would be the gateway itself")])
    expect(
      planned(linuxFacts({ config: config({ listen, resolvConf: '/etc/servers' }) }), 'all').problems,
    ).toEqual([])
    expect(planned(resolvedFacts(258, { config: config() }), 'all').problems).toEqual([])
  })
})

function listeningAt(host: string): Facts {
  return resolvedFacts(258, { config: config({ listen: [{ host, port: 53 }] }) })
}

test('the service waits for the network where it listens at an address of it', () => {
  expect(printed(planned(listeningAt('192.0.2.10')))).toContain(
    'Wants=network-online.target\n    After=network-online.target\n',
  )
  for (const host of ['127.0.0.1', '::1', '0.0.0.0'])
    expect(printed(planned(listeningAt(host)))).not.toContain('network-online')
})

test('a configuration that only its owner can read is none for a service', () => {
  const configUnreadable = '/home/alice'
  expect(planned(resolvedFacts(258, { configUnreadable })).problems).toEqual([
    expect.stringContaining('cannot read /home/alice on the way to its configuration'),
  ])
  expect(planned(macFacts({ configUnreadable }), 'all').problems).toEqual([])
  expect(planned(macFacts({ configUnreadable }), 'names').problems).toHaveLength(1)
  const inHome = printed(planned(resolvedFacts(258), 'names', '/home/alice/signpost.toml'))
  expect(inHome).toContain('ProtectHome=read-only\n')
})

test('a program that npx keeps for a while is no service', () => {
  const facts = linuxFacts({ resolvConf: stub, resolved: resolved() })
  const program = { ...facts.program, program: '/root/.npm/_npx/0123abcd/node_modules/.bin/signpost' }
  expect(planned({ ...facts, program }).problems).toEqual([
    expect.stringContaining('npm install --global signpost'),
  ])
})

test('a program that only its owner can read is no service', () => {
  const facts = linuxFacts({ resolvConf: stub, resolved: resolved() })
  const unreadable = { ...facts.program, unreadable: '/home/alice' }
  expect(planned({ ...facts, program: unreadable }).problems).toEqual([
    expect.stringContaining('cannot read /home/alice'),
  ])
})
