import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import { createOwner } from '../engine.test-support.ts'
import type { PublishConflictError } from '../errors.ts'
import { createTestnet } from '../testnet.ts'

const owner = createOwner(21)
const { signer, zoneId } = owner
const root = await mkdtemp(join(tmpdir(), 'signpost-integration-'))

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

test('what one node publishes another one resolves, also when the publisher is gone', async () => {
  await using testnet = await createTestnet({ nodes: 5 })
  const [publisher, reader, lateReader] = testnet.nodes
  const published = await publisher!.publish({ signer, content: owner.records('hello') })
  expect(published).toMatchObject({ sequence: 1, acks: 4 })
  expect(await reader!.resolve(zoneId)).toMatchObject({
    kind: 'found',
    freshness: 'fresh',
    record: { sequence: 1 },
    provenance: { source: 'network' },
  })
  await publisher!.stop()
  expect(await lateReader!.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
    kind: 'found',
    record: { sequence: 1 },
  })
})

test('an owner moves to another machine: the sequence goes on, and the old machine cannot undo it', async () => {
  await using testnet = await createTestnet({ nodes: 4 })
  const [desktop, laptop, reader] = testnet.nodes
  await desktop!.publish({ signer, content: owner.records('from the desktop') })
  const onLaptop = { signer, content: owner.records('from the laptop') }
  await expect(laptop!.publish(onLaptop)).rejects.toMatchObject({ code: 'PUBLISH_CONFLICT', current: 1 })
  const second = await laptop!.publish({ ...onLaptop, base: 1 })
  expect(second.record).toMatchObject({ sequence: 2 })
  expect(second.record.previous).toHaveLength(32)

  const { zones } = await desktop!.republish()
  expect(zones).toMatchObject([{ kind: 'sent', sequence: 2 }])
  const late = { signer, content: owner.records('late'), base: 1 }
  await expect(desktop!.publish(late)).rejects.toMatchObject({ code: 'PUBLISH_CONFLICT', current: 2 })
  expect(await reader!.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
    record: { sequence: 2 },
  })
})

test('a node is told by its peers that what it published has lost, and says so', async () => {
  await using testnet = await createTestnet({ nodes: 4 })
  const [desktop, laptop, reader] = testnet.nodes
  const another = createOwner(22)
  const { record } = await desktop!.publish({ signer: another.signer, content: another.records('desktop') })
  const told = Promise.withResolvers<PublishConflictError>()
  desktop!.addEventListener('conflict', ({ detail }) => {
    told.resolve(detail.error)
  })
  // A machine that has not heard of it signs the same sequence, with a longer validity.
  const rival = await another.sign(1, { text: 'laptop', expiresAt: record.expiresAt + 86_400_000 })
  await laptop!.put(rival)
  expect(await told.promise).toMatchObject({
    code: 'PUBLISH_CONFLICT',
    lost: { data: record.data },
    theirs: { data: rival.data },
    certain: true,
  })
  expect((await desktop!.inspect(another.zoneId)).evidence).toHaveLength(1)
  for (const node of [desktop, reader])
    expect(await node!.resolve(another.zoneId, { policy: 'network-first' })).toMatchObject({
      record: { data: rival.data },
    })
})

test('a node that restarts on its disk answers with no network at all, and goes on from its own sequence', async () => {
  const dataDir = join(root, 'data')
  {
    await using testnet = await createTestnet({ nodes: 3 })
    await using node = await createNode({ ...testnet.join, dataDir })
    await node.publish({ signer, content: owner.records('before') })
  }
  await using node = await createNode({
    dataDir,
    networks: [{ kind: 'private', name: 'alone' }],
    listen: [],
    mdns: false,
  })
  expect(await node.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
    kind: 'found',
    record: { sequence: 1 },
    provenance: { source: 'disk' },
  })
  await expect(node.publish({ signer, content: owner.records('after') })).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    sequence: 2,
  })
  expect((await node.inspect(zoneId)).history.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(await node.resolve(zoneId)).toMatchObject({ record: { sequence: 2 }, freshness: 'fresh' })
})
