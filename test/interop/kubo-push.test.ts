// News of names between Signpost and kubo, over gossipsub and libp2p's fetch protocol. They are in different DHTs, so that
// nothing else can bring it.
import { parseZoneId, routingKeyOf } from '@signpost/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { hasKubo } from './kubo/binary.ts'
import { Kubo } from './kubo/daemon.ts'
import { Namespace, namespaceProblem } from './namespace.ts'
import { type Published, publish as publishTo } from './owner.ts'

const problem = namespaceProblem()
if (problem !== undefined) console.warn(`tests are skipped: ${problem}`)

describe.skipIf(!hasKubo() || problem !== undefined)('over PubSub', () => {
  const open = new AsyncDisposableStack()
  let namespace: Namespace
  let kubo: Kubo
  let sandboxes: AsyncDisposableStack

  beforeAll(async () => {
    namespace = open.use(await Namespace.create())
    kubo = open.use(await startKubo())
  })

  afterAll(async () => {
    await open.disposeAsync()
  })

  beforeEach(() => {
    sandboxes = new AsyncDisposableStack()
    return async () => sandboxes.disposeAsync()
  })

  async function startKubo(): Promise<Kubo> {
    return Kubo.start(namespace, { Ipns: { UsePubsub: true } })
  }

  /** A node that runs, connected with a kubo node, and what publishes and asks through it. */
  async function startNode(peer = kubo): Promise<{ sandbox: Sandbox; address: string }> {
    const sandbox = sandboxes.use(await Sandbox.create(namespace.prefix))
    const { ready } = await sandbox.daemon([
      'node',
      '--network',
      'private:apart',
      '--bootstrap',
      peer.address,
    ])
    const address = ready.addresses[0] as string
    // It bootstraps by itself, in its own time.
    await kubo.connect(address)
    return { sandbox, address }
  }

  /** A name of kubo's own, with a first record. */
  async function createName(key: string): Promise<string> {
    const name = await kubo.ask(['key', 'gen', '--type=ed25519', '--ipns-base=base36', key])
    await publishPath(key, '/ipfs/bafkqaaa')
    return name
  }

  async function publishPath(key: string, path: string): Promise<void> {
    await kubo.ask(['name', 'publish', `--key=${key}`, '--ttl=1s', '--allow-offline', path])
  }

  test('a node that follows a name has at once what ipfs publishes, and fetches what it has missed', async () => {
    const name = await createName('site')
    const follower = await startNode()
    await follow(follower, name)
    await expect
      .poll(() => held(follower, name), POLL)
      .toMatchObject({ sequence: 0, value: '/ipfs/bafkqaaa' })

    for (const [sequence, path] of [
      [1, '/ipfs/bafkqabtimvwgy3yk'],
      [2, '/ipfs/bafkqaaa'],
    ] as const) {
      await publishPath('site', path)
      await expect.poll(() => held(follower, name), POLL).toMatchObject({ sequence, value: path })
    }
  })

  test('a kubo node that follows a zone has at once what its owner publishes', async () => {
    const owner = await startNode()
    const { zoneId, record } = await publish(owner.sandbox, 'first')
    await expect.poll(() => kubo.get(zoneId), POLL).toEqual(record)
    expect(await kubo.ask(['name', 'pubsub', 'subs', '--ipns-base=base36'])).toContain(zoneId)

    for (const text of ['second', 'third']) {
      const { record } = await publish(owner.sandbox, text)
      await expect.poll(() => kubo.get(zoneId), POLL).toEqual(record)
    }
    expect(await kubo.ask(['name', 'resolve', '--nocache', zoneId])).toBe('/ipfs/bafkqaaa')
  })

  test('a kubo node that comes late fetches from a node that follows the zone', async () => {
    const owner = await startNode()
    const { zoneId, record } = await publish(owner.sandbox, 'before it came')
    await using late = await startKubo()
    await late.connect(owner.address)
    await expect.poll(() => late.get(zoneId), POLL).toEqual(record)
  })

  test('a kubo node passes on what an owner publishes, and what it holds is fetched', async () => {
    const owner = await startNode()
    const { zoneId, record } = await publish(owner.sandbox, 'first')
    await expect.poll(() => kubo.get(zoneId), POLL).toEqual(record)
    const follower = await startNode()
    await follow(follower, zoneId)
    await expect.poll(() => held(follower, zoneId), POLL).toMatchObject({ sequence: 1 })

    await publish(owner.sandbox, 'second')
    await expect.poll(() => held(follower, zoneId), POLL).toMatchObject({ sequence: 2 })
  })

  test('those who listen for a name find each other where kubo looks, and lets itself be found', async () => {
    const name = await createName('found')
    const sandbox = sandboxes.use(await Sandbox.create(namespace.prefix))
    const flags = ['--network', 'lan', '--bootstrap', kubo.address]
    const { ready } = await sandbox.daemon(['node', ...flags])
    await follow({ sandbox }, name)
    await using asked = await startKubo()
    await asked.connect(kubo.address)
    const topic = `/record/${Buffer.from(routingKeyOf(parseZoneId(name))).toString('base64url')}`
    const place = await kubo.ask(['block', 'put', '--cid-codec=raw'], Buffer.from(`floodsub:${topic}`))
    for (const peer of [kubo.address, ready.addresses[0] as string])
      await expect
        .poll(() => asked.ask(['routing', 'findprovs', '--num-providers=5', place]), POLL)
        .toContain(peer.slice(peer.lastIndexOf('/') + 1))
  })

  test('a kubo node that holds what was replaced gets what stands', async () => {
    const owner = await startNode()
    await using behind = await startKubo()
    const { zoneId, record: first } = await publish(owner.sandbox, 'first')
    const { record: second } = await publish(owner.sandbox, 'second')
    await behind.put(zoneId, first, '--allow-offline')
    await behind.connect(owner.address)
    await expect.poll(() => behind.get(zoneId), POLL).toEqual(second)
  })
})

// Other programs' own time, which no event tells.
const POLL = { timeout: 20_000, interval: 100 }

async function publish(owner: Sandbox, text: string): Promise<Published> {
  return publishTo(owner, text, ['--min-acks', '0'])
}

async function follow({ sandbox }: { sandbox: Sandbox }, name: string): Promise<void> {
  const { code, stderr } = await sandbox.signpost(['follow', name])
  expect(code, stderr).toBe(0)
}

/** What a node has on disk of a name. */
async function held(
  { sandbox }: { sandbox: Sandbox },
  name: string,
): Promise<{ sequence?: number; value?: string }> {
  const { stdout } = await sandbox.signpost(['inspect', name, '--policy', 'cache-only', '--json'])
  return JSON.parse(stdout || '{}') as { sequence?: number; value?: string }
}
