import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createNode } from './create-node.ts'
import { createOwner, failureOf } from './engine.test-support.ts'
import type { Node } from './node.ts'

const root = await mkdtemp(join(tmpdir(), 'signpost-stopped-'))
const owner = createOwner()
const { signer, zoneId } = owner
const stopped = { code: 'NODE_STOPPED', message: 'this node has stopped; start another one' }

let node: Node
let nodes = 0

beforeEach(async () => {
  node = await createNode({
    dataDir: join(root, String(nodes++)),
    networks: [{ kind: 'private', name: 'stopped' }],
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
  })
  await node.publish({ signer, content: owner.records('one') }, { minAcks: 0 })
})

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

test('a node that has stopped says so, whatever it is asked', async () => {
  await node.follow(zoneId)
  await node.stop()
  const record = await owner.sign(2)
  const asked: Record<string, () => Promise<unknown>> = {
    publish: () => node.publish({ signer, content: owner.records('two') }),
    put: () => node.put(record),
    republish: () => node.republish(),
    history: () => node.history(zoneId),
    follow: () => node.follow(zoneId),
    unfollow: () => node.unfollow(zoneId),
    follows: () => node.follows(),
    inspect: () => node.inspect(zoneId),
  }
  for (const [what, ask] of Object.entries(asked))
    expect.soft(await failureOf(ask()), what).toMatchObject(stopped)
  expect(await failureOf(node.resolve(zoneId))).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'stopped' })
  await node.stop()
})

test('what was asked before a node stops is answered before its disk is closed', async () => {
  const asked = Promise.all([node.history(zoneId), node.inspect(zoneId), node.follows()])
  await Promise.all([asked, node.stop()])
  expect(await asked).toMatchObject([[{ record: { sequence: 1 } }], { own: true }, []])
})

test('what a stop breaks off says that it was that', async () => {
  const failed = failureOf(node.republish())
  await node.stop()
  expect(await failed).toMatchObject(stopped)
})
