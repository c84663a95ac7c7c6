import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import { createOwner } from '../engine.test-support.ts'
import type { NodeEventDetails } from '../events.ts'
import { startNodes } from '../host/stranger.test-support.ts'
import type { Node } from '../node.ts'
import { createTestnet } from '../testnet.ts'

const root = await mkdtemp(join(tmpdir(), 'signpost-follow-'))
const owner = createOwner()
const { signer, zoneId } = owner

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

/** Resolves with the next record that becomes a zone's on a node's disk. */
async function nextRecord(node: Node): Promise<NodeEventDetails['record']> {
  return new Promise(resolve => {
    node.addEventListener('record', ({ detail }) => resolve(detail), { once: true })
  })
}

test('a followed zone comes by itself, and is still followed after a restart', async () => {
  await using testnet = await createTestnet({ nodes: 3 })
  const [publisher] = testnet.nodes
  await publisher!.publish({ signer, content: owner.records('one') })
  const options = { ...testnet.join, dataDir: join(root, 'restart') }
  const changes: NodeEventDetails['followed'][] = []
  {
    await using node = await createNode(options)
    node.addEventListener('followed', ({ detail }) => changes.push(detail))
    const found = nextRecord(node)
    expect(await node.follow(zoneId)).toBe(true)
    expect(await node.follow(zoneId)).toBe(false)
    expect(await found).toMatchObject({ record: { zoneId, sequence: 1 } })
    expect(await node.follows()).toMatchObject([{ zoneId, stored: { record: { sequence: 1 } } }])
    expect(node.status().followed).toBe(1)
  }
  await using node = await createNode(options)
  node.addEventListener('followed', ({ detail }) => changes.push(detail))
  expect(node.status().followed).toBe(1)
  expect(await node.inspect(zoneId)).toMatchObject({ own: false, followed: true, floor: 1 })
  expect(await node.unfollow(zoneId)).toBe(true)
  expect(await node.unfollow(zoneId)).toBe(false)
  expect(await node.follows()).toEqual([])
  expect(node.status().followed).toBe(0)
  // What is known of it stays.
  expect(await node.inspect(zoneId)).toMatchObject({ followed: false, floor: 1 })
  expect(changes).toEqual([
    { zoneId, isFollowed: true },
    { zoneId, isFollowed: false },
  ])
})

test('with its publisher gone, a followed zone is given to peers that have lost it', async () => {
  await using network = await startNodes(3)
  const [publisher, follower, peer] = network.members
  await publisher!.node.publish({ signer, content: owner.records('one') })
  const found = nextRecord(follower!.node)
  await follower!.node.follow(zoneId)
  await found
  await publisher!.node.stop()
  const { guard } = peer!.host.networks[0]!
  for await (const key of guard.queryKeys({ prefix: '/dht-private-scenario/record/' }))
    await guard.delete(key)
  expect(await guard.held(zoneId)).toBeUndefined()

  const { zones } = await follower!.node.republish()

  expect(zones).toMatchObject([{ kind: 'sent', zoneId, sequence: 1 }])
  expect(await guard.held(zoneId)).toBeDefined()
})
