import { zoneOf } from '@signpost/core'
import { expect, test } from 'vitest'
import { DAY, NOW, createEngine, createOwner, failureOf } from '../engine.test-support.ts'
import { publish } from './publish.ts'
import { rollback } from './rollback.ts'

const owner = createOwner()
const { zoneId, signer } = owner

test('an earlier version stands again under a new sequence, with its TTL and IPFS path', async () => {
  const engine = createEngine()
  engine.network.add()
  const value = '/ipfs/bafkqabtimvwgy3yk'
  const { record: first } = await publish(engine, {
    signer,
    content: owner.records('good'),
    ttl: 60,
    value,
    now: NOW,
  })
  await publish(engine, { signer, content: owner.records('bad'), value: '/ipfs/bafkqaaa', now: NOW })
  const { record } = await rollback(engine, { signer, sequence: 1, validFor: DAY, now: NOW })
  expect(record).toMatchObject({ sequence: 3, ttl: 60, value, expiresAt: NOW + DAY })
  expect(zoneOf(record)).toEqual(zoneOf(first))
  expect(record.previous).toHaveLength(32)
})

test('a retirement can be rolled back, and rolled back to', async () => {
  const engine = createEngine()
  engine.network.add()
  await publish(engine, { signer, content: owner.records('here'), now: NOW })
  await publish(engine, { signer, content: 'retired', now: NOW })
  await rollback(engine, { signer, sequence: 1, now: NOW })
  expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 3, content: { kind: 'zone' } } })
  // A number that is mistyped must not end a zone.
  expect(await failureOf(rollback(engine, { signer, sequence: 2, now: NOW }))).toMatchObject({
    code: 'ZONE_LOSS',
    sequence: 3,
    lost: 1,
    of: 1,
  })
  await rollback(engine, { signer, sequence: 2, force: true, now: NOW })
  expect(await engine.resolve(zoneId)).toMatchObject({
    record: { sequence: 4, content: { kind: 'retired' } },
  })
})

test('an earlier version stands again also over one that was rebased', async () => {
  const engine = createEngine()
  engine.network.add()
  const { record: first } = await publish(engine, { signer, content: owner.records('good'), now: NOW })
  const draft = zoneOf(first)
  await engine.put(await owner.sign(2, { previous: first }), draft ? { draft } : {})
  expect((await rollback(engine, { signer, sequence: 1, now: NOW })).sequence).toBe(3)
})

test('a version that is not in the history is refused, with those that are', async () => {
  const engine = createEngine()
  expect(await failureOf(rollback(engine, { signer, sequence: 1, now: NOW }))).toMatchObject({
    code: 'NOT_IN_HISTORY',
    kept: [],
    message: expect.stringContaining('nothing was ever published from its data directory'),
  })
  engine.network.add()
  await publish(engine, { signer, content: owner.records('one'), now: NOW })
  expect(await failureOf(rollback(engine, { signer, sequence: 9, now: NOW }))).toMatchObject({
    code: 'NOT_IN_HISTORY',
    kept: [1],
  })
})

test('a version that was published elsewhere can be rolled back to, but not over one that is not known here', async () => {
  const engine = createEngine()
  engine.network.add()
  const first = await owner.sign(1)
  await engine.put(first)
  const second = await owner.sign(2, { previous: first })
  await engine.store.put(second, { confirmedAt: NOW })
  const request = { signer, sequence: 1, now: NOW }
  expect(await failureOf(rollback(engine, request))).toMatchObject({ code: 'PUBLISH_CONFLICT', current: 2 })
  await rollback(engine, { ...request, base: 2 })
  await rollback(engine, { ...request, sequence: 2 })
  expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 4 } })
})

test('what has no zone, or was damaged on disk, is not signed again', async () => {
  const engine = createEngine()
  const record = await owner.sign(1)
  const damaged = { ...record, bytes: Uint8Array.from(record.bytes, (octet, at) => (at === 40 ? 0 : octet)) }
  engine.history = async () => [{ record: damaged, publishedHere: true, stood: true }]
  expect(await failureOf(rollback(engine, { signer, sequence: 1, now: NOW }))).toMatchObject({
    code: expect.stringMatching(/^(BAD_SIGNATURE|MALFORMED_RECORD)$/),
  })
})
