import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseName } from '@signpost/dns'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { interfaceAddresses } from './own-addresses.ts'
import { type ForwardingOptions, type ListeningPlaces, readForwarding } from './settings.ts'
import { makeCredentials } from './test-credentials.test-support.ts'
import { printUpstream } from './upstream.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-forwarding-'))
  await writeFile(join(directory, 'ca.pem'), makeCredentials(['dns.example']).cert)
  await writeFile(join(directory, 'empty.pem'), '')
  await writeFile(
    join(directory, 'broken.pem'),
    '-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n',
  )
})
afterAll(() => rm(directory, { recursive: true }))

const places: ListeningPlaces = {
  listen: [{ host: '127.0.0.1', port: 53 }],
  tls: [{ host: '0.0.0.0', port: 853 }],
  https: [{ host: '::', port: 443 }],
}
const suffixes = [parseName('signpost.internal')]
const read = (options: ForwardingOptions) => readForwarding(options, places, suffixes)

test('what is left out has its default', () => {
  expect(read({})).toEqual({
    upstreams: [],
    routes: [],
    bootstrap: [],
    upstreamCa: undefined,
    resolvConf: '/etc/resolv.conf',
  })
})

test('upstreams are texts and endpoints, for all names and for domains', () => {
  const { upstreams, routes, bootstrap } = read({
    upstreams: ['192.0.2.1', { host: '2001:db8::1', port: 5353 }, 'tls://dns.example'],
    routes: [
      { domains: ['corp.example', '10.in-addr.arpa.'], upstreams: ['tcp://192.0.2.2'] },
      { domains: ['secret.example'], upstreams: [] },
    ],
    bootstrap: [{ host: '192.0.2.3', port: 53 }],
  })
  expect((upstreams as never[]).map(printUpstream)).toEqual([
    '192.0.2.1:53',
    '[2001:db8::1]:5353',
    'tls://dns.example:853',
  ])
  expect(routes.map(route => [route.domains.map(String), route.upstreams.map(printUpstream)])).toEqual([
    [['corp.example.', '10.in-addr.arpa.'], ['tcp://192.0.2.2:53']],
    [['secret.example.'], []],
  ])
  expect(bootstrap.map(printUpstream)).toEqual(['192.0.2.3:53'])
})

test("this machine's own resolvers, and a file of certificates", () => {
  const settings = read({ upstreams: 'system', resolvConf: '/x', upstreamCa: join(directory, 'ca.pem') })
  expect(settings).toMatchObject({ upstreams: 'system', resolvConf: '/x' })
  expect(settings.upstreamCa).toMatch(/^-----BEGIN/)
})

const own = interfaceAddresses()[0]!
const at = own.includes(':') ? `[${own}]` : own

test.each<[what: string, options: ForwardingOptions, option: string, problem: RegExp]>([
  ['what is no server', { upstreams: ['dns.example'] }, 'upstreams[0]', /has no IP address/],
  [
    'a name in an endpoint',
    { upstreams: [{ host: 'dns.example', port: 53 }] },
    'upstreams[0].host',
    /IP address/,
  ],
  [
    'a text that is no list',
    { upstreams: '192.0.2.1' as 'system' },
    'upstreams',
    /give a list of servers, or "system"/,
  ],
  ['no port', { upstreams: [{ host: '192.0.2.1', port: 0 }] }, 'upstreams[0].port', /from 1 to/],
  ['itself', { upstreams: ['192.0.2.1', '127.0.0.1'] }, 'upstreams[1]', /where this gateway itself listens/],
  ['itself over TCP', { upstreams: ['tcp://127.0.0.1'] }, 'upstreams[0]', /itself listens/],
  ['itself over TLS, at any address', { upstreams: [`tls://${at}`] }, 'upstreams[0]', /itself listens/],
  ['itself over HTTPS', { upstreams: ['https://127.0.0.1/dns-query'] }, 'upstreams[0]', /itself listens/],
  ['the same twice', { upstreams: ['192.0.2.1', '192.0.2.1:53'] }, 'upstreams[1]', /as is upstreams\[0\]/],
  [
    'a host by name without bootstrap',
    { upstreams: ['tls://dns.example'] },
    'bootstrap',
    /where tls:\/\/dns\.example:853 is/,
  ],
  [
    'a host by name for a domain',
    { routes: [{ domains: ['a.example'], upstreams: ['https://dns.example'] }] },
    'bootstrap',
    /where https:\/\/dns\.example/,
  ],
  ['itself as bootstrap', { bootstrap: [{ host: '127.0.0.1', port: 53 }] }, 'bootstrap[0]', /itself listens/],
  ['no domain', { routes: [{ domains: [], upstreams: [] }] }, 'routes[0].domains', /it is empty/],
  [
    'no domain name',
    { routes: [{ domains: ['a', 'a..b'], upstreams: [] }] },
    'routes[0].domains[1]',
    /empty label/,
  ],
  [
    'the root',
    { routes: [{ domains: ['.'], upstreams: [] }] },
    'routes[0].domains[0]',
    /name its servers as upstreams/,
  ],
  [
    'a domain twice',
    {
      routes: [
        { domains: ['a.example'], upstreams: [] },
        { domains: ['A.example'], upstreams: [] },
      ],
    },
    'routes[1].domains[0]',
    /as is routes\[0\]\.domains\[0\]/,
  ],
  [
    'a suffix',
    { routes: [{ domains: ['alice.signpost.internal'], upstreams: [] }] },
    'routes[0].domains[0]',
    /below the suffix signpost\.internal\./,
  ],
  [
    'a wrong server for a domain',
    { routes: [{ domains: ['a.example'], upstreams: ['x'] }] },
    'routes[0].upstreams[0]',
    /has no IP address/,
  ],
])('refused: %s', (_, options, option, problem) => {
  expect(() => read(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', option, message: expect.stringMatching(problem) }),
  )
})

test.each(['none.pem', 'empty.pem', 'broken.pem'])('refused: %s as a file of certificates', file => {
  expect(() => read({ upstreamCa: join(directory, file) })).toThrow(
    expect.objectContaining({ option: 'upstreamCa', message: expect.stringMatching(/give a PEM file/) }),
  )
})

test('a domain above the suffix may have a route: the suffix comes first', () => {
  expect(read({ routes: [{ domains: ['internal'], upstreams: [] }] }).routes).toHaveLength(1)
})
