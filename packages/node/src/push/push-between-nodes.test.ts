import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ZoneId } from '@signpost/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import { createOwner } from '../engine.test-support.ts'
import type { Node } from '../node.ts'
import { type Testnet, createTestnet } from '../testnet.ts'

let testnet: Testnet
let publisher: Node

beforeAll(async () => {
  testnet = await createTestnet({ nodes: 3 })
  publisher = testnet.nodes[0]!
})

afterAll(async () => {
  await testnet.stop()
})

/** Resolves with the next record of a zone that a node learns of, and who gave it. */
async function nextRecord(
  node: Node,
  zoneId: ZoneId,
): Promise<{ sequence: number; peer: string | undefined }> {
  return new Promise(resolve => {
    node.addEventListener('record', ({ detail: { record, peer } }) => {
      if (record.zoneId === zoneId) resolve({ sequence: record.sequence, peer })
    })
  })
}

async function publish(from: Node, owner: ReturnType<typeof createOwner>, text: string): Promise<void> {
  await from.publish({ signer: owner.signer, content: owner.records(text) }, { minAcks: 0 })
}

// A client is in nobody's routing table, so that no put of the DHT reaches it.
test('a node hears at once what the owner of a followed zone publishes, and without push it does not', async () => {
  const owner = createOwner(11)
  await using follower = await createNode({ ...testnet.join, mode: 'client' })
  await using deaf = await createNode({ ...testnet.join, mode: 'client', push: false })
  for (const node of [follower, deaf]) await node.follow(owner.zoneId)
  const first = nextRecord(follower, owner.zoneId)
  await publish(publisher, owner, 'one')
  expect(await first).toEqual({ sequence: 1, peer: publisher.peerId })
  // News alone confirms nothing: it is as fresh as what it replaces, and that is what a lookup just confirmed.
  expect(await follower.resolve(owner.zoneId, { policy: 'network-first' })).toMatchObject({
    record: { sequence: 1 },
  })
  const second = nextRecord(follower, owner.zoneId)
  await publish(publisher, owner, 'two')
  expect(await second).toEqual({ sequence: 2, peer: publisher.peerId })
  expect(await follower.resolve(owner.zoneId, { policy: 'cache-only' })).toMatchObject({
    kind: 'found',
    freshness: 'fresh',
    record: { sequence: 2 },
  })
  expect((await deaf.inspect(owner.zoneId)).stored?.record.sequence ?? 0).toBeLessThan(2)
  expect(await deaf.resolve(owner.zoneId, { policy: 'network-first' })).toMatchObject({
    record: { sequence: 2 },
  })
})

test('an owner who publishes without push is found by lookups', async () => {
  const owner = createOwner(12)
  await using silent = await createNode({ ...testnet.join, mode: 'client', push: false })
  await publish(silent, owner, 'one')
  expect(await publisher.resolve(owner.zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })
})

test('two nodes with one key hear of each other without following', async () => {
  const owner = createOwner(13)
  await using other = await createNode({ ...testnet.join, mode: 'client' })
  await publisher.put(await owner.sign(1))
  await other.put(await owner.sign(2))
  const third = nextRecord(other, owner.zoneId)
  await publisher.put(await owner.sign(3))
  expect(await third).toEqual({ sequence: 3, peer: publisher.peerId })
})

test('a node that was away fetches the news of its zones when it comes back, and hears the next', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signpost-push-'))
  const owner = createOwner(14)
  try {
    await publish(publisher, owner, 'one')
    const settings = { ...testnet.join, mode: 'client', dataDir } as const
    {
      await using follower = await createNode(settings)
      const first = nextRecord(follower, owner.zoneId)
      await follower.follow(owner.zoneId)
      expect(await first).toMatchObject({ sequence: 1 })
    }
    await publish(publisher, owner, 'two')
    await using follower = await createNode(settings)
    expect(await nextRecord(follower, owner.zoneId)).toMatchObject({ sequence: 2 })
    const third = nextRecord(follower, owner.zoneId)
    await publish(publisher, owner, 'three')
    expect(await third).toMatchObject({ sequence: 3 })
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
