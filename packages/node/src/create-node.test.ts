import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { createNode } from './create-node.ts'
import { type LogFields, silentLogger } from './logger.ts'
import type { NodeOptions } from './node-options.ts'
import type { Node } from './node.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(4))
const zoneId = zoneIdOf(signer.publicKey)
const records = parseZoneFile('www 60 IN A 192.0.2.1', { origin: apexOf(zoneId) })

const local: NodeOptions = {
  networks: [{ kind: 'private', name: 'create-node' }],
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
}

async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'signpost-node-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

async function untilPeers(node: Node, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    if (node.status().connected === count) resolve()
  }
  node.addEventListener('peers', look)
  look()
  await promise
  node.removeEventListener('peers', look)
}

test('a node says where it listens and who it is', async () => {
  await using node = await createNode(local)

  const { peerId, addresses } = node
  expect(addresses).toHaveLength(1)
  expect(addresses[0]).toMatch(new RegExp(String.raw`^/ip4/127\.0\.0\.1/tcp/\d+/p2p/${peerId}$`))
  expect(node.status()).toMatchObject({
    peerId,
    addresses,
    networks: [{ mode: 'server', known: 0 }],
    mdns: false,
    connected: 0,
  })
})

test('a node on WebSockets is found under its address', async () => {
  await using server = await createNode({ ...local, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  await using client = await createNode({
    ...local,
    mode: 'client',
    listen: [],
    bootstrap: [...server.addresses],
  })

  await untilPeers(client, 1)
  expect(client.status().bootstrap).toMatchObject([{ address: server.addresses[0], connected: true }])
})

test('a taken port is an error that names it', async () => {
  await using server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const address = `/ip4/127.0.0.1/tcp/${port}`

  await expect(createNode({ ...local, listen: [address] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    addresses: [address],
  })
  await expect(createNode({ ...local, listen: [`${address}/ws`] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    addresses: [`${address}/ws`],
  })
})

test('an address that is not this machine’s is an error that names it', async () => {
  // TEST-NET-1 (RFC 5737): nobody has it.
  const address = '/ip4/192.0.2.1/tcp/0'

  await expect(createNode({ ...local, listen: [address] })).rejects.toMatchObject({
    code: 'ADDRESS_UNAVAILABLE',
    addresses: [address],
  })
})

test('a node that cannot listen leaves its data directory to the next', async () => {
  await using directory = await temporaryDirectory()
  const dataDir = directory.path
  await using _ = await createNode(local)
  const taken = _.addresses[0]?.replace(/\/p2p\/.*/, '') ?? ''

  await expect(createNode({ ...local, dataDir, listen: [taken] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
  })

  await using node = await createNode({ ...local, dataDir })
  expect(node.status().dataDir).toBe(dataDir)
})

test('a second node on one data directory is refused', async () => {
  await using directory = await temporaryDirectory()
  const options = { ...local, dataDir: directory.path }
  await using _ = await createNode(options)

  await expect(createNode(options)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
})

test('a node starts though no bootstrap peer is there, says so once, and joins when one comes', async () => {
  await using place = await createNode(local)
  await using directory = await temporaryDirectory()
  const dataDir = directory.path
  // An identity and a port for a peer that is not running.
  const peer = await createNode({ ...local, dataDir })
  const address = peer.addresses[0] ?? ''
  await peer.stop()
  const warnings: [string, LogFields | undefined][] = []
  const failed = Promise.withResolvers<void>()
  const logger = {
    ...silentLogger,
    warn: (message: string, fields?: LogFields) => {
      warnings.push([message, fields])
      failed.resolve()
    },
  }

  await using node = await createNode({ ...local, bootstrap: [address], logger })
  await failed.promise
  expect(warnings).toMatchObject([['cannot reach bootstrap peer, will keep trying', { address }]])
  expect(node.status().bootstrap).toMatchObject([{ address, connected: false, failures: 1 }])

  await using back = await createNode({ ...local, dataDir, listen: [address.replace(/\/p2p\/.*/, '')] })
  await untilPeers(node, 1)
  expect(back.peerId).toBe(address.split('/').at(-1))
  expect(warnings).toHaveLength(1)
  expect(place.status().connected).toBe(0)
})

test('a node that was cut off from its bootstrap peer comes back to it', async () => {
  await using directory = await temporaryDirectory()
  const options = { ...local, dataDir: directory.path }
  const before = await createNode(options)
  const address = before.addresses[0] ?? ''
  await using node = await createNode({ ...local, bootstrap: [address] })
  await untilPeers(node, 1)

  await before.stop()
  await untilPeers(node, 0)
  await using _ = await createNode({ ...options, listen: [address.replace(/\/p2p\/.*/, '')] })
  await untilPeers(node, 1)

  expect(node.status().bootstrap).toMatchObject([{ address, connected: true }])
})

test('a node finds its way back by the peers that it remembers, with no bootstrap list', async () => {
  await using peer = await createNode(local)
  await using directory = await temporaryDirectory()
  const dataDir = directory.path
  const before = await createNode({ ...local, dataDir, bootstrap: [...peer.addresses] })
  await before.publish({ signer, content: records })
  await before.stop()

  await using after = await createNode({ ...local, dataDir })

  expect(after.peerId).toBe(before.peerId)
  await untilPeers(after, 1)
  expect(await after.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
    kind: 'found',
    provenance: { source: 'network', peer: peer.peerId },
  })
})

test('what an owner publishes reaches the disk of a node that knows the zone, without a lookup', async () => {
  await using reader = await createNode(local)
  await using owner = await createNode({ ...local, bootstrap: [...reader.addresses] })
  await owner.publish({ signer, content: records })
  await reader.resolve(zoneId)
  const told = once(reader as unknown as EventTarget, 'record')

  await owner.publish({ signer, content: records })

  const [event] = await told
  expect(event).toMatchObject({ detail: { record: { sequence: 2 } } })
  expect(await reader.resolve(zoneId, { policy: 'cache-only' })).toMatchObject({ record: { sequence: 2 } })
})

test('what strangers put to a node’s DHT stays out of its own store', async () => {
  await using peer = await createNode(local)
  await using owner = await createNode({ ...local, bootstrap: [...peer.addresses] })
  await owner.publish({ signer, content: records })

  expect(await peer.inspect(zoneId)).toMatchObject({ stored: undefined, own: false, history: [] })
})

test('a node alone keeps what it publishes, and says that nobody else has it', async () => {
  await using node = await createNode(local)

  await expect(node.publish({ signer, content: records })).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    acks: 0,
  })

  expect(await node.resolve(zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })
  expect(await node.inspect(zoneId)).toMatchObject({ own: true, floor: 1, history: [{ sequence: 1 }] })
})

test('stopping ends what is under way, and may be asked for twice', async () => {
  // Nobody listens there, so the lookup waits for a first peer.
  const nobody = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWJWhBVVo8ZTUcZN8HXw6DmhkVfgmVmH4F6KPRjpZkEKqF'
  const node = await createNode({ ...local, bootstrap: [nobody] })
  const resolving = node.resolve(zoneId).catch((error: unknown) => error)
  const publishing = node.publish({ signer, content: records }).catch((error: unknown) => error)

  await Promise.all([node.stop(), node.stop()])

  expect(await resolving).toMatchObject({ code: 'RESOLVE_FAILED' })
  expect(await publishing).toBeInstanceOf(Error)
  await node.stop()
})
