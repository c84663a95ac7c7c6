import { RrClass, parseName, parseRrType, printRecord } from '@signpost/dns'
import { expect, test } from 'vitest'
import { HostsTable } from './hosts-table.ts'
import { readHosts } from './hosts-text.ts'
import { localAnswer } from './local-answer.ts'

const hosts = await readHosts(
  `127.0.0.1 localhost
192.168.1.5 nas.home.arpa nas
192.0.2.9 www.example.com evil.localhost
10.0.0.1 git.corp.internal
`,
  () => Promise.resolve(),
)

/** What is answered, in short; undefined where upstreams are asked. */
function ask(
  name: string,
  type = 'A',
  { table = hosts, routed = [] }: { table?: HostsTable; routed?: string[] } = {},
): unknown {
  const question = { name: parseName(name), type: parseRrType(type)!, class: RrClass.IN }
  const isRouted = (asked: ReturnType<typeof parseName>): boolean =>
    routed.some(domain => asked.isAtOrBelow(parseName(domain)))
  const found = localAnswer(question, { hosts: { table }, isRouted })
  if (found === undefined) return undefined
  expect(found.provenance).toMatchObject({ source: 'gateway', verified: false })
  const { kind, answers, authorities } = found
  if (kind === 'answer') return answers.map(record => printRecord(record).split(' ').slice(2).join(' '))
  expect(authorities).toHaveLength(1)
  return `${kind} ${authorities[0]!.name.toString()}`
}

test('localhost and all names below it are this machine, whatever a file or a route says', () => {
  for (const name of ['localhost', 'www.LOCALHOST', 'evil.localhost']) {
    expect(ask(name)).toEqual(['IN A 127.0.0.1'])
    expect(ask(name, 'AAAA')).toEqual(['IN AAAA ::1'])
    expect(ask(name, 'MX')).toBe('no-data localhost.')
    expect(ask(name, 'A', { routed: ['localhost'] })).toEqual(['IN A 127.0.0.1'])
  }
})

test('loopback addresses have the name localhost, unless the file has another', () => {
  const v6 = `1.${'0.'.repeat(31)}ip6.arpa`
  const none = { table: HostsTable.empty }
  expect(ask('1.0.0.127.in-addr.arpa', 'PTR', none)).toEqual(['IN PTR localhost.'])
  expect(ask(v6, 'PTR', none)).toEqual(['IN PTR localhost.'])
  expect(ask('0.0.127.in-addr.arpa', 'PTR', none)).toBe('no-data 127.in-addr.arpa.')
  expect(ask('2.0.0.127.in-addr.arpa', 'PTR', none)).toBe('no-name 127.in-addr.arpa.')
  expect(ask('1.0.0.127.in-addr.arpa', 'PTR')).toEqual(['IN PTR localhost.'])
})

test('names of the hosts file have its addresses, and nothing else', () => {
  expect(ask('www.example.com')).toEqual(['IN A 192.0.2.9'])
  expect(ask('www.example.com', 'AAAA')).toBe('no-data www.example.com.')
  expect(ask('www.example.com', 'HTTPS')).toBe('no-data www.example.com.')
  expect(ask('x.www.example.com')).toBeUndefined()
  expect(ask('example.com')).toBeUndefined()
  expect(ask('nas')).toEqual(['IN A 192.168.1.5'])
  expect(ask('nas.home.arpa')).toEqual(['IN A 192.168.1.5'])
  expect(ask('5.1.168.192.in-addr.arpa', 'PTR')).toEqual(['IN PTR nas.home.arpa.'])
})

test.each([
  'test',
  'invalid',
  'onion',
  'local',
  'alt',
  'internal',
  'home.arpa',
  'service.arpa',
  'resolver.arpa',
  '10.in-addr.arpa',
])('there are no names below %s, and the domain itself is empty', domain => {
  const table = { table: HostsTable.empty }
  expect(ask(`x.y.${domain}`, 'A', table)).toBe(`no-name ${domain}.`)
  expect(ask(`x.${domain}`, 'DS', table)).toBe(`no-name ${domain}.`)
  expect(ask(domain, 'TXT', table)).toBe(`no-data ${domain}.`)
  expect(ask(domain, 'A', table)).toBe(`no-data ${domain}.`)
  expect(ask(domain, 'SOA', table)).toEqual([`IN SOA ${domain}. nobody.invalid. 1 3600 1200 604800 300`])
  expect(ask(domain, 'NS', table)).toEqual([`IN NS ${domain}.`])
  expect(ask(domain, 'DS', table)).toBeUndefined()
  for (const type of ['A', 'SOA', 'PTR'])
    expect(ask(`x.${domain}`, type, { ...table, routed: [domain] })).toBeUndefined()
})

test('where the file has names, what lies above them exists', () => {
  expect(ask('corp.internal')).toBe('no-data internal.')
  expect(ask('other.internal')).toBe('no-name internal.')
  expect(ask('1.168.192.in-addr.arpa', 'PTR')).toBe('no-data 168.192.in-addr.arpa.')
})

test('there is no encrypted resolver to name, but the place to ask for it exists', () => {
  expect(ask('_dns.resolver.arpa', 'SVCB')).toBe('no-data resolver.arpa.')
  expect(ask('x._dns.resolver.arpa', 'SVCB')).toBe('no-name resolver.arpa.')
})

test('a name of the hosts file stands before a route, as it does on every system', () => {
  expect(ask('git.corp.internal', 'A', { routed: ['corp.internal'] })).toEqual(['IN A 10.0.0.1'])
  expect(ask('www.corp.internal', 'A', { routed: ['corp.internal'] })).toBeUndefined()
})

test('addresses of one label stay here, though nothing is said of names below it', () => {
  for (const type of ['A', 'AAAA']) {
    expect(ask('printer', type)).toBe('no-data printer.')
    expect(ask('com', type)).toBe('no-data com.')
    expect(ask('printer', type, { routed: ['printer'] })).toBeUndefined()
  }
  for (const type of ['NS', 'SOA', 'DS', 'DNSKEY', 'TXT']) expect(ask('com', type)).toBeUndefined()
  for (const name of ['.', 'example.com', 'ipv4only.arpa', '8.8.8.8.in-addr.arpa'])
    expect(ask(name)).toBeUndefined()
})
