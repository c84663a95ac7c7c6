import { describe, expect, test } from 'vitest'
import { config, dnsmasq, linuxFacts, listener, resolved, resolvedFacts } from './facts.test-support.ts'
import type { Facts, LinuxFacts } from './facts.ts'
import { planned, printed } from './plan.test-support.ts'

function over(overTls: 'opportunistic' | 'yes', ...globalServers: string[]): Facts {
  return resolvedFacts(258, { resolved: resolved({ version: 258, overTls, globalServers }) })
}

function caching(cacheSize: string): Facts {
  return linuxFacts({
    dnsmasq: dnsmasq({ cacheSize, resolvFile: '/r' }),
    resolvConf: { kind: 'file', text: 'nameserver 127.0.0.1\n' },
  })
}

describe('a resolver on this machine', () => {
  const unbound = listener('127.0.0.1', 53, 'unbound')
  const resolvConf = { kind: 'file', text: 'nameserver 127.0.0.1\n' } as const

  test('that resolv.conf names is asked for ordinary names, from beside it', () => {
    const plan = planned(linuxFacts({ resolvConf, listeners: [unbound] }), 'all')
    expect(plan.problems).toEqual([])
    expect(printed(plan)).toContain('had; Signpost asks them for ordinary names.\n    nameserver 127.0.0.1\n')
    expect(printed(plan)).toContain('listen = ["127.0.0.83:53"]')
  })

  test.each<[string, LinuxFacts['resolvConf']]>([
    ['that does not run', resolvConf],
    ['that was a gateway', { kind: 'file', text: 'nameserver 127.0.0.83\n' }],
    [
      'that a file elsewhere names, and does not run',
      { kind: 'link', target: '/etc/static', text: resolvConf.text },
    ],
    ['of a file that is not there', { kind: 'link', target: '/etc/static', text: '' }],
  ])('%s is no server for ordinary names', (_, found) => {
    expect(planned(linuxFacts({ resolvConf: found }), 'all').problems).toEqual([
      expect.stringContaining('no server for ordinary names is known here'),
    ])
  })

  test('is not needed where the configuration names others', () => {
    const own = config({ listen: [{ host: '127.0.0.1', port: 53 }], upstreams: 'others' })
    expect(planned(linuxFacts({ resolvConf, config: own }), 'all').problems).toEqual([])
  })
})

describe('systemd-resolved that asks over TLS', () => {
  test.each([
    ['yes', '9.9.9.9', 'tls://9.9.9.9'],
    ['yes', '9.9.9.9:853', 'tls://9.9.9.9:853'],
    ['yes', '2620:fe::fe', 'tls://[2620:fe::fe]'],
    ['yes', 'fe80::1%eth0', 'tls://[fe80::1%eth0]'],
    ['opportunistic', '9.9.9.9#dns.example', 'tls://9.9.9.9#dns.example'],
    ['opportunistic', '[2620:fe::fe]:853', 'tls://[2620:fe::fe]:853'],
  ] as const)('%s of %s: so does the gateway', (overTls, server, upstream) => {
    const plan = planned(over(overTls, server), 'all')
    expect(printed(plan)).toContain(`upstreams = ["${upstream}"]`)
    expect(plan.notes).toEqual([])
  })

  test('of servers that the gateway will ask in clear text makes a note', () => {
    expect(planned(over('opportunistic', '9.9.9.9', '9.9.9.8#dns.example'), 'all').notes).toEqual([
      expect.stringContaining('DNSOverTLS=opportunistic, and the gateway will ask 9.9.9.9 in clear text'),
    ])
    expect(planned(over('yes'), 'all').notes).toEqual([
      expect.stringContaining(
        'DNSOverTLS=yes, and the gateway will ask the servers of its interfaces in clear text',
      ),
    ])
  })

  test('does not ask the gateway so', () => {
    expect(printed(planned(over('yes'), 'all'))).toContain('DNSOverTLS=no\n')
    const names = printed(planned(over('yes'), 'names'))
    expect(names).toContain('resolvectl dnsovertls signpost0 no\n')
    expect(names).not.toContain('dns-delegate')
  })
})

test('a dnsmasq with a cache of its own is told apart from one with none', () => {
  expect(planned(caching('1000'), 'all').problems).toEqual([
    expect.stringContaining('dnsmasq has cache-size=1000'),
  ])
  expect(planned(caching('1000'), 'names').problems).toEqual([])
  const none = planned(caching('0'), 'all')
  expect(none.problems).toEqual([])
  expect(printed(none)).not.toContain('cache-size')
})
