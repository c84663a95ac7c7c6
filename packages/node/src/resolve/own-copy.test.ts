// What a node answers of a zone of which its own DHT keeps a record for others.
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import {
  type Engine,
  MINUTE,
  SteppedClock,
  createEngine,
  createOwner,
  quiet,
} from '../engine.test-support.ts'
import { GuardedDatastore, KEPT_FOR } from '../dht/guarded-datastore.ts'
import { createTestnet } from '../testnet.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [older, kept, newer] = [await owner.sign(5), await owner.sign(10), await owner.sign(11)]

/** A server that keeps sequence 10 and has never resolved the zone. */
async function createServer(): Promise<{ engine: Engine; memory: GuardedDatastore }> {
  const clock = new SteppedClock()
  const verifier = createSteppedVerifier()
  const memory = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier,
    now: () => clock.now(),
  })
  await memory.hold(zoneId, kept.bytes)
  return { engine: createEngine({ clock, memory }), memory }
}

for (const policy of ['cache-first', 'network-first'] as const)
  test(`a peer that is older than the own DHT copy is not believed (${policy}), and is corrected`, async () => {
    const { engine } = await createServer()
    const peer = engine.network.add()
    peer.hold(routingKey, older.bytes)

    const outcome = await engine.resolve(zoneId, { policy })
    await quiet()

    expect(outcome).toMatchObject({
      kind: 'found',
      record: { sequence: 10 },
      provenance: { source: 'disk', peer: undefined, agreed: 0 },
    })
    expect(await engine.store.get(zoneId)).toBeUndefined()
    expect(peer.held(routingKey)).toEqual(kept.bytes)
  })

test('a node that is cut off does not confirm its own DHT copy: it goes stale', async () => {
  const { engine } = await createServer()
  await engine.clock.pass(kept.ttl * 1_000 + MINUTE)

  for (let turn = 0; turn < 2; turn++) {
    expect(await engine.resolve(zoneId)).toMatchObject({
      kind: 'found',
      freshness: 'stale',
      confirmedAt: undefined,
      provenance: { source: 'disk', asked: 0 },
    })
  }
})

test('the own DHT copy is no reason not to ask: peers may have news', async () => {
  const { engine } = await createServer()
  engine.network.add().hold(routingKey, newer.bytes)

  expect(await engine.resolve(zoneId)).toMatchObject({
    record: { sequence: 11 },
    freshness: 'fresh',
    provenance: { source: 'network', peer: 'holder-1' },
  })
})

test('the own DHT copy answers without the network where that is asked for', async () => {
  const { engine } = await createServer()

  expect(await engine.resolve(zoneId, { policy: 'cache-only' })).toMatchObject({ record: { sequence: 10 } })
})

test('what the own DHT no longer keeps is still too new for anything older', async () => {
  const { engine, memory } = await createServer()
  await engine.clock.pass(KEPT_FOR + 1)
  expect(await memory.sweep()).toBe(1)
  engine.network.add().hold(routingKey, older.bytes)

  expect(await engine.resolve(zoneId)).toMatchObject({
    kind: 'invalid',
    error: { code: 'STALE_SEQUENCE', sequence: 5, current: 10 },
  })
})

test('a running server answers from its own DHT copy when all its peers are gone', async () => {
  await using testnet = await createTestnet({ nodes: 2 })
  const [publisher, server] = testnet.nodes
  const { sequence } = await publisher!.publish({ signer: owner.signer, content: owner.records('mine') })
  await publisher!.stop()

  expect(await server!.resolve(zoneId)).toMatchObject({
    kind: 'found',
    record: { sequence },
    provenance: { source: 'disk', peer: undefined, agreed: 0 },
  })
})
