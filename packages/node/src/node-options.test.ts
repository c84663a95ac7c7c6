import { expect, test } from 'vitest'
import { type NodeOptions, readNodeOptions } from './node-options.ts'

const PEER = '12D3KooWJWhBVVo8ZTUcZN8HXw6DmhkVfgmVmH4F6KPRjpZkEKqF'

function listens(options: NodeOptions): string[] {
  return readNodeOptions(options).listen.map(String)
}

test('a server listens on every interface and is found by mDNS on the LAN', () => {
  const settings = readNodeOptions()

  expect(settings).toMatchObject({ networks: [{ kind: 'lan' }], mode: 'server', mdns: true, bootstrap: [] })
  expect(listens({})).toEqual(['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'])
})

test('a client listens on nothing and still looks for peers on the LAN', () => {
  expect(listens({ mode: 'client' })).toEqual([])
  expect(readNodeOptions({ mode: 'client' }).mdns).toBe(true)
  expect(readNodeOptions({ mode: 'client', listen: [], mdns: true }).mdns).toBe(true)
})

test('mDNS is off on loopback, in a private network, and where it is turned off', () => {
  expect(readNodeOptions({ listen: ['/ip4/127.0.0.1/tcp/0'] }).mdns).toBe(false)
  expect(readNodeOptions({ listen: ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0/ws'] }).mdns).toBe(false)
  expect(readNodeOptions({ listen: [] }).mdns).toBe(false)
  expect(readNodeOptions({ networks: [{ kind: 'private', name: 'acme' }] }).mdns).toBe(false)
  expect(readNodeOptions({ mdns: false }).mdns).toBe(false)
  expect(readNodeOptions({ listen: ['/ip4/192.0.2.1/tcp/0'] }).mdns).toBe(true)
})

test('a private network can have mDNS', () => {
  expect(readNodeOptions({ networks: [{ kind: 'private', name: 'acme' }], mdns: true }).mdns).toBe(true)
})

const refused: [option: string, options: NodeOptions, says: string][] = [
  ['listen[0]', { listen: ['127.0.0.1:4011'] }, 'is no multiaddr'],
  ['listen[0]', { listen: [''] }, 'write an IP address and a TCP port'],
  ['listen[1]', { listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1'] }, 'write an IP address and a TCP port'],
  ['listen[0]', { listen: ['/ip4/127.0.0.1/tcp/99999'] }, 'is no multiaddr'],
  ['listen[0]', { listen: ['/ip4/127.0.0.1/udp/4011/quic-v1'] }, 'write an IP address and a TCP port'],
  ['listen[0]', { listen: ['/dns4/localhost/tcp/4011'] }, 'write an IP address and a TCP port'],
  ['listen[0]', { listen: [`/ip4/127.0.0.1/tcp/4011/p2p/${PEER}`] }, 'write an IP address and a TCP port'],
  ['bootstrap[0]', { bootstrap: ['somewhere'] }, 'is no multiaddr'],
  ['bootstrap[0]', { bootstrap: [`/dns4/example.com/tcp/4011/p2p/${PEER}`] }, 'needs DNS'],
  ['bootstrap[0]', { bootstrap: [`/dnsaddr/example.com/p2p/${PEER}`] }, 'needs DNS'],
  ['bootstrap[0]', { bootstrap: ['/ip4/192.0.2.1/tcp/4011'] }, 'does not say which peer is there'],
  ['bootstrap[0]', { bootstrap: ['/ip4/192.0.2.1/tcp/4011/p2p/nobody'] }, 'is no peer ID'],
  [
    'bootstrap[0]',
    { bootstrap: [`/ip4/192.0.2.1/udp/4011/quic-v1/p2p/${PEER}`] },
    'no address that this node can dial',
  ],
  ['announce[0]', { announce: ['192.0.2.1:4011'] }, 'is no multiaddr'],
  ['announce[0]', { announce: ['/ip4/0.0.0.0/tcp/4011'] }, 'is every interface'],
  ['announce[0]', { announce: ['/ip6/0:0::0/tcp/4011'] }, 'is every interface'],
  ['announce[1]', { announce: ['/ip4/192.0.2.1/tcp/4011', '/ip4/192.0.2.1/tcp/0'] }, 'has port 0'],
  ['announce[0]', { announce: ['/ip4/127.0.0.1/tcp/4011'] }, 'is loopback'],
  ['announce[0]', { announce: ['/ip6/0:0:0:0:0:0:0:1/tcp/4011'] }, 'is loopback'],
  ['announce[0]', { announce: ['/dns4/node.example.net/tcp/4011'] }, 'has a host name'],
  ['announce[0]', { announce: ['/ip4/192.0.2.1/udp/4011/quic-v1'] }, 'no address that others can dial'],
  ['announce[0]', { announce: [`/ip4/192.0.2.1/tcp/4011/p2p/${PEER}`] }, 'no address that others can dial'],
  ['delegatedRouting[1]', { delegatedRouting: ['http://192.0.2.1', 'router'] }, 'is no HTTP URL'],
  ['mdns', { listen: ['/ip4/127.0.0.1/tcp/0'], mdns: true }, 'no other machine can reach'],
  ['networks[0].name', { networks: [{ kind: 'private', name: '' }] }, 'is no network name'],
  ['networks[0].name', { networks: [{ kind: 'private', name: 'Acme' }] }, 'is no network name'],
  ['networks[0].name', { networks: [{ kind: 'private', name: 'a/b' }] }, 'is no network name'],
  ['networks[0].name', { networks: [{ kind: 'private', name: 'a'.repeat(33) }] }, 'is no network name'],
  ['networks[0].kind', { networks: [{ kind: 'home' } as unknown as { kind: 'lan' }] }, 'is neither'],
  ['networks', { networks: [] }, 'it is empty'],
  ['networks[1]', { networks: [{ kind: 'lan' }, { kind: 'lan' }] }, 'stands before'],
  ['mode', { mode: 'peer' as 'server' }, 'is neither'],
  ['dataDir', { dataDir: '' }, 'is empty'],
  ['putDeadline', { putDeadline: Number.NaN }, 'give a number from'],
  ['republishInterval', { republishInterval: 1 }, 'give a number from'],
  ['store.records', { store: { records: 0 } }, 'give a number from'],
]

test.each(refused)('%s: %j is refused', (option, options, says) => {
  expect(() => readNodeOptions(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', option, message: expect.stringContaining(says) }),
  )
})

test('an address is announced as it is, with whatever stands in front of the node', () => {
  const announce = ['/ip4/192.0.2.1/tcp/4011', '/ip6/2001:db8::1/tcp/443/tls/sni/node.example.net/ws']
  expect(readNodeOptions({ announce }).reachability.announce.map(String)).toEqual(announce)
})

test('addresses that can be dialled are accepted as they are', () => {
  const bootstrap = [
    `/ip4/192.0.2.1/tcp/4011/p2p/${PEER}`,
    `/ip6/2001:db8::1/tcp/4011/ws/p2p/${PEER}`,
    `/ip4/192.0.2.1/tcp/443/tls/sni/example.com/ws/p2p/${PEER}`,
  ]

  expect(readNodeOptions({ bootstrap }).bootstrap.map(String)).toEqual(bootstrap)
})
