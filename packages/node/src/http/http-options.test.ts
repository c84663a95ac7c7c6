import { type AddressInfo, createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import { createOwner } from '../engine.test-support.ts'
import type { NodeOptions } from '../node-options.ts'
import { readNodeOptions } from '../node-options.ts'
import { createTestnet } from '../testnet.ts'
import { SERVER_LIMITS } from './routing-server.ts'

test('a node serves on loopback, unless it is told another address', () => {
  expect(readNodeOptions({}).http).toBeUndefined()
  const nobody = { proxies: [], cors: false }
  expect(readNodeOptions({ http: { port: 8080 } }).http).toEqual({ host: '127.0.0.1', port: 8080, ...nobody })
  expect(readNodeOptions({ http: { host: '::', port: 0 } }).http).toEqual({ host: '::', port: 0, ...nobody })
})

test.for<[string, NodeOptions]>([
  ['http.host', { http: { host: 'localhost', port: 80 } }],
  ['http.host', { http: { host: '[::1]', port: 80 } }],
  ['http.port', { http: { port: 65_536 } }],
  ['http.port', { http: { port: 80.5 } }],
  ['http.proxies[1]', { http: { port: 80, proxies: ['192.0.2.1', 'proxy.example.net'] } }],
  ['http.proxies[0]', { http: { port: 80, proxies: ['10.0.0.0/33'] } }],
  ['http', { http: { port: 80 }, mode: 'client' }],
])('%s is refused in %j', ([option, options]) => {
  expect(() => readNodeOptions(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', option }))
})

const local: NodeOptions = {
  networks: [{ kind: 'private', name: 'http' }],
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
}

test('a port that is taken is an error that names it, and no node is left running', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(createNode({ ...local, http: { port } })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    addresses: [`http://127.0.0.1:${port}`],
  })
  other.close()
})

test('an address that is not of this machine is an error', async () => {
  await expect(createNode({ ...local, http: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
    code: 'ADDRESS_UNAVAILABLE',
  })
})

test('two nodes that are each other’s delegated routers do not wait for each other', async () => {
  const spare = createServer().listen(0, '127.0.0.1')
  await once(spare, 'listening')
  const { port } = spare.address() as AddressInfo
  const closed = once(spare, 'close')
  spare.close()
  await closed
  await using one = await createNode({
    ...local,
    http: { port: 0 },
    delegatedRouting: [`http://127.0.0.1:${port}`],
  })
  await using two = await createNode({
    ...local,
    http: { port },
    delegatedRouting: [one.status().http ?? ''],
  })
  const { zoneId } = createOwner()
  for (const node of [one, two]) {
    const { kind, provenance } = await node.resolve(zoneId, { policy: 'network-first' })
    expect(kind).toBe('absent')
    expect(provenance.elapsed).toBeLessThan(SERVER_LIMITS.deadline / 2)
  }
})

test('what one node publishes through another one’s HTTP, a third finds through a fourth one’s', async () => {
  const owner = createOwner()
  await using testnet = await createTestnet({ nodes: 4, options: () => ({ http: { port: 0 } }) })
  const [first, last] = [testnet.nodes[0], testnet.nodes[3]].map(node => node?.status().http ?? '')
  expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const far: NodeOptions = {
    networks: [{ kind: 'private', name: 'far' }],
    mode: 'client',
    listen: [],
    mdns: false,
  }
  await using publisher = await createNode({ ...far, delegatedRouting: [first!] })
  await using reader = await createNode({ ...far, delegatedRouting: [last!] })

  const { acks } = await publisher.publish({ signer: owner.signer, content: owner.records('by HTTP') })

  expect(acks).toBe(1)
  expect(await reader.resolve(owner.zoneId)).toMatchObject({ kind: 'found', provenance: { peer: last } })
  for (const node of testnet.nodes)
    expect(await node.inspect(owner.zoneId)).toMatchObject({ own: false, floor: 1 })
})
