import { expect, test } from 'vitest'
import type { PutProgress } from './client.ts'
import { DAY, MINUTE, NOW, createEngine, createOwner, failureOf, quiet } from '../engine.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner

test('writes to disk before any peer is asked', async () => {
  const engine = createEngine()
  engine.network.add()
  const record = await owner.sign(1)
  const seen: (string | undefined)[] = []
  const { routing } = engine.context
  const put = routing.put.bind(routing)
  routing.put = async (...parameters) => {
    seen.push(`disk has ${(await engine.store.get(zoneId))?.record.sequence}`)
    return put(...parameters)
  }
  await engine.put(record, { onProgress: ({ kind }: PutProgress) => seen.push(kind) })
  expect(seen).toEqual(['stored', 'disk has 1', 'ack', 'stands'])
  expect(await engine.store.history(zoneId)).toHaveLength(1)
})

test('refuses a sequence below the highest seen, and sends nothing', async () => {
  const engine = createEngine()
  const holder = engine.network.add()
  await engine.store.put(await owner.sign(5), { confirmedAt: NOW })
  await expect(engine.put(await owner.sign(4))).rejects.toMatchObject({
    code: 'STALE_SEQUENCE',
    sequence: 4,
    current: 5,
    message: expect.stringContaining('publish again with a sequence of 6 or more'),
  })
  expect(holder.held(routingKey)).toBeUndefined()
  expect(await engine.store.ownZones()).toEqual([])
})

test('refuses what is below what this node’s own DHT has seen, and stores and sends nothing', async () => {
  const remembered = { newer: undefined, floor: 9 }
  const engine = createEngine({ memory: { remembered: () => Promise.resolve(remembered) } })
  const holder = engine.network.add()
  await expect(engine.put(await owner.sign(5))).rejects.toMatchObject({ code: 'STALE_SEQUENCE', current: 9 })
  expect(holder.held(routingKey)).toBeUndefined()
  expect(await engine.store.get(zoneId)).toBeUndefined()
  expect(await engine.store.ownZones()).toEqual([])
})

test('refuses another record with the same sequence, keeps both as evidence, and sends nothing', async () => {
  const engine = createEngine()
  engine.network.add()
  const first = await owner.sign(5, { text: 'one' })
  const rival = await owner.sign(5, { text: 'two', expiresAt: NOW + 60 * DAY })
  await engine.put(first)
  await expect(engine.put(rival)).rejects.toMatchObject({
    code: 'PUBLISH_CONFLICT',
    current: 5,
    expected: 0,
    theirs: { sequence: 5 },
    lost: undefined,
  })
  expect((await engine.store.evidence(zoneId))[0]?.records).toHaveLength(2)
  expect(engine.detailsOf('equivocation')).toHaveLength(1)
  expect((await engine.store.get(zoneId))?.record.bytes).toEqual(first.bytes)
  expect(engine.network.holders[0]?.held(routingKey)).toEqual(first.bytes)
})

test('of the same record again sends it again', async () => {
  const engine = createEngine()
  engine.network.add()
  const record = await owner.sign(1)
  await engine.put(record)
  expect(await engine.put(record)).toEqual({ sequence: 1, acks: 1, k: 1 })
})

test('with too few acks fails, says that nothing is lost, and the record is on disk', async () => {
  const engine = createEngine()
  engine.network.add('refusing')
  engine.network.add()
  const record = await owner.sign(1)
  await expect(engine.put(record, { minAcks: 2 })).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    acks: 1,
    asked: 2,
    minAcks: 2,
    message: expect.stringMatching(/on disk, so nothing is lost.*republish/),
  })
  expect((await engine.store.get(zoneId))?.record.bytes).toEqual(record.bytes)
  expect(await engine.store.ownZones()).toEqual([zoneId])
})

test('with nobody to ask fails unless it may keep the record to itself', async () => {
  const engine = createEngine()
  const record = await owner.sign(1)
  await expect(engine.put(record)).rejects.toMatchObject({ code: 'PUBLISH_FAILED', acks: 0, asked: 0 })
  expect(await engine.put(record, { minAcks: 0 })).toEqual({ sequence: 1, acks: 0, k: 0 })
})

test('waits for frozen peers no longer than the deadline, and counts the others', async () => {
  const engine = createEngine()
  engine.network.add('frozen')
  engine.network.add()
  const putting = engine.put(await owner.sign(1))
  await engine.clock.pass(20_000)
  // The look whether it stands meets the frozen peer too.
  await engine.clock.pass(2_000)
  expect(await putting).toEqual({ sequence: 1, acks: 1, k: 2 })
  expect(engine.clock.pending).toBe(0)
})

test('looks again where the look joined a lookup that had heard everybody before the put', async () => {
  const engine = createEngine()
  const holder = engine.network.add()
  const earlier = Promise.withResolvers<void>()
  const { routing } = engine.context
  const get = routing.get.bind(routing)
  let lookups = 0
  routing.get = async function* (...parameters) {
    lookups++
    const isFirst = lookups === 1
    yield* get(...parameters)
    if (isFirst) await earlier.promise
  }
  const looking = engine.resolve(zoneId, { policy: 'network-first' })
  await quiet()
  const failed = failureOf(engine.put(await owner.sign(1)))
  await quiet()
  const rival = await owner.sign(1, { text: 'rival', expiresAt: NOW + 60 * DAY })
  holder.hold(routingKey, rival.bytes)
  earlier.resolve()
  expect(await failed).toMatchObject({ code: 'PUBLISH_CONFLICT', theirs: { data: rival.data } })
  expect(lookups).toBe(2)
  await looking
})

test('refuses a record that is not signed by the zone’s key or is over its validity', async () => {
  const engine = createEngine()
  const record = await owner.sign(1)
  const signature = Uint8Array.from(record.signature, octet => octet ^ 1)
  const forged = { ...record, signature, bytes: Uint8Array.from(record.bytes) }
  forged.bytes.set(
    signature,
    forged.bytes.findIndex((_, at) => sameAt(record.bytes, at, record.signature)),
  )
  await expect(engine.put(forged)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
  await expect(engine.put(await owner.sign(1, { expiresAt: NOW - 1 }))).rejects.toMatchObject({
    code: 'RECORD_EXPIRED',
  })
  expect(await engine.store.get(zoneId)).toBeUndefined()
})

test('that its caller gives up leaves the record on disk', async () => {
  const engine = createEngine()
  engine.network.add('frozen')
  const record = await owner.sign(1)
  const controller = new AbortController()
  const putting = engine.put(record, { signal: controller.signal })
  const failed = failureOf(putting)
  await quiet()
  controller.abort(new Error('enough'))
  expect(await failed).toMatchObject({ message: 'enough' })
  expect((await engine.store.get(zoneId))?.record.bytes).toEqual(record.bytes)
})

test('a node that comes back with an older disk never brings the older record back', async () => {
  const engine = createEngine()
  const holder = engine.network.add('careless')
  const old = await owner.sign(1)
  await engine.store.put(old, { confirmedAt: NOW, own: true })
  holder.hold(routingKey, (await owner.sign(2)).bytes)
  await engine.clock.pass(10 * MINUTE)
  await engine.resolve(zoneId)
  await expect(engine.put(old)).rejects.toMatchObject({ code: 'STALE_SEQUENCE' })
  expect(holder.held(routingKey)).not.toEqual(old.bytes)
})

function sameAt(octets: Uint8Array, at: number, part: Uint8Array): boolean {
  return part.every((octet, index) => octets[at + index] === octet)
}
