import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createNode } from './create-node.ts'
import { createOwner, failureOf } from './engine.test-support.ts'
import type { Node } from './node.ts'
import type { NodeParts } from './running-node.ts'

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

test.each(['history', 'inspect', 'follows'] as const)(
  'what %s reads is read before the disk is closed, however long that takes',
  async what => {
    const { publications, host } = (node as unknown as { readonly parts: NodeParts }).parts
    const { store } = publications
    const disk = Promise.withResolvers<void>()
    const followed = store.followed.bind(store)
    const history = store.history.bind(store)
    store.followed = async () => disk.promise.then(followed)
    store.history = async (...given) => disk.promise.then(() => history(...given))
    const asked = node[what](zoneId)
    const stopped = node.stop()
    // It is given time to stop without waiting.
    await Promise.race([new Promise(resolve => host.libp2p.addEventListener('stop', resolve)), sleep(200)])
    expect(host.libp2p.status).toBe('started')
    disk.resolve()
    await asked
    await stopped
  },
)

test('what a stop breaks off says that it was that', async () => {
  const failed = failureOf(node.republish())
  await node.stop()
  expect(await failed).toMatchObject(stopped)
})
