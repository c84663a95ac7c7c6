import { InvalidZoneError, createZone, zoneOf } from '@signpost/core'
import { describe, expect, test } from 'vitest'
import type { PutProgress } from './client.ts'
import { DAY, MINUTE, NOW, createEngine, createOwner, failureOf, quiet } from '../engine.test-support.ts'
import { type PublishProgress, type PublishRequest, publish } from './publish.ts'

const owner = createOwner()
const { zoneId, routingKey, signer } = owner

function request(text: string, changes: Partial<PublishRequest> = {}): PublishRequest {
  return { signer, content: owner.records(text), now: NOW, ...changes }
}

describe('publish', () => {
  test('signs a first record with sequence 1 and gives it to every peer', async () => {
    const engine = createEngine()
    const holders = [engine.network.add(), engine.network.add()]
    const { record, ...receipt } = await publish(engine, request('hello'))
    expect(receipt).toEqual({ sequence: 1, acks: 2, k: 2 })
    expect(record).toMatchObject({ sequence: 1, ttl: 300, expiresAt: NOW + 30 * DAY, previous: undefined })
    for (const holder of holders) expect(holder.held(routingKey)).toEqual(record.bytes)
    expect(engine.detailsOf('published')).toEqual([{ zoneId, sequence: 1, acks: 2, asked: 2 }])
    expect(await engine.store.ownZones()).toEqual([zoneId])
  })

  test('chooses no first sequence while a peer that may know of one has not answered', async () => {
    const engine = createEngine()
    engine.network.add()
    engine.network.add('frozen')
    const failed = failureOf(publish(engine, request('hello')))
    await engine.clock.pass(15_000)
    expect(await failed).toMatchObject({ code: 'RESOLVE_FAILED' })
    expect(await engine.store.get(zoneId)).toBeUndefined()
  })

  test('goes one above the network where that is ahead of the disk, and names what it replaces', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(3), { receivedAt: NOW, own: true })
    const elsewhere = await owner.sign(8)
    engine.network.add().hold(routingKey, elsewhere.bytes)
    const { record } = await publish(engine, request('here'))
    expect(record.sequence).toBe(9)
    expect(record.previous).toEqual(
      new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(elsewhere.data))),
    )
  })

  test('goes one above the disk where that is ahead of the network', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(8), { receivedAt: NOW, own: true })
    engine.network.add().hold(routingKey, (await owner.sign(3)).bytes)
    expect((await publish(engine, request('here'))).sequence).toBe(9)
  })

  test('goes above the floor where that is all that is left', async () => {
    const engine = createEngine()
    const lost = await owner.sign(8)
    await engine.store.put(lost, { receivedAt: NOW })
    await engine.store.discard(lost)
    engine.network.add()
    const { record } = await publish(engine, request('here'))
    expect(record).toMatchObject({ sequence: 9, previous: undefined })
  })

  test('goes above an expired record, and past octets that are nobody’s', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(4, { expiresAt: NOW - 1 })).bytes)
    engine.network.add().hold(routingKey, Uint8Array.of(1, 2, 3))
    expect((await publish(engine, request('again'))).sequence).toBe(5)
  })

  test('keeps the IPFS path of the record that it replaces, unless it is given another', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(1, { value: '/ipfs/bafkqabtimvwgy3yk' })).bytes)
    expect((await publish(engine, request('kept'))).record.value).toBe('/ipfs/bafkqabtimvwgy3yk')
    expect((await publish(engine, request('new', { value: '/ipfs/bafkqaaa' }))).record.value).toBe(
      '/ipfs/bafkqaaa',
    )
  })

  test('signs a zone as well as records, with the TTL and validity that it is given', async () => {
    const engine = createEngine()
    engine.network.add()
    const content = createZone(zoneId, owner.records('zone'))
    const { record } = await publish(engine, request('', { content, ttl: 60, validFor: DAY }))
    expect(zoneOf(record)?.sets).toEqual(content.sets)
    expect(record).toMatchObject({ ttl: 60, expiresAt: NOW + DAY })
  })

  test('retires a zone only on purpose', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request('here'))
    await expect(publish(engine, request('', { content: [] }))).rejects.toMatchObject({ code: 'EMPTY_ZONE' })
    const { record } = await publish(engine, request('', { content: 'retired' }))
    expect(record).toMatchObject({ sequence: 2, content: { kind: 'retired' } })
    expect(await engine.resolve(zoneId)).toMatchObject({ record: { content: { kind: 'retired' } } })
    expect((await publish(engine, request('back'))).record).toMatchObject({
      sequence: 3,
      content: { kind: 'zone' },
    })
  })

  test('refuses a bad zone and a bad validity before anything is sent', async () => {
    const engine = createEngine()
    const content = createOwner(2).records('of another zone')
    await expect(publish(engine, request('', { content }))).rejects.toBeInstanceOf(InvalidZoneError)
    await expect(publish(engine, request('', { validFor: Number.NaN }))).rejects.toBeInstanceOf(RangeError)
    const large = owner
      .records('x'.repeat(250))
      .concat(...Array.from({ length: 60 }, (_, at) => owner.records(`${at} ${'y'.repeat(240)}`)))
    await expect(publish(engine, request('', { content: large }))).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    })
    expect(engine.events).toEqual([])
  })

  test('twice at once gives two sequences, one after the other', async () => {
    const engine = createEngine()
    engine.network.add()
    const published = await Promise.all(['one', 'two', 'three'].map(text => publish(engine, request(text))))
    expect(published.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  test('of a change made from an older version is refused: it would undo what came since', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request('one', { expectedSequence: 0 }))
    await publish(engine, request('two', { expectedSequence: 1 }))
    await expect(publish(engine, request('late', { expectedSequence: 1 }))).rejects.toMatchObject({
      code: 'PUBLISH_CONFLICT',
      expected: 1,
      current: 2,
      message: expect.stringContaining('make the change again from sequence 2'),
    })
    expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 2 } })
  })

  test('tries again above a sequence that somebody else used meanwhile', async () => {
    const engine = createEngine()
    engine.network.add()
    const put = engine.put.bind(engine)
    const attempts: number[] = []
    engine.put = async (record, options) => {
      attempts.push(record.sequence)
      if (attempts.length === 1) await engine.store.put(await owner.sign(6), { receivedAt: NOW })
      return put(record, options)
    }
    expect((await publish(engine, request('mine'))).sequence).toBe(7)
    expect(attempts).toEqual([1, 7])
  })

  test('does not try for ever', async () => {
    const engine = createEngine()
    engine.network.add()
    let attempts = 0
    const put = engine.put.bind(engine)
    engine.put = async (record, options) => {
      attempts++
      await engine.store.put(await owner.sign(record.sequence + 1), { receivedAt: NOW })
      return put(record, options)
    }
    await expect(publish(engine, request('mine'))).rejects.toMatchObject({ code: 'STALE_SEQUENCE' })
    expect(attempts).toBe(3)
  })

  test('says what it does', async () => {
    const engine = createEngine()
    engine.network.add()
    engine.network.add('refusing')
    const progress: PublishProgress[] = []
    await publish(engine, request('hello'), { onProgress: event => progress.push(event) })
    expect(progress.map(({ kind }) => kind)).toEqual([
      'disk',
      'lookup',
      'peer',
      'peer',
      'end',
      'stored',
      'ack',
      'ack',
    ])
  })
})

describe('put', () => {
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
    expect(seen).toEqual(['stored', 'disk has 1', 'ack'])
    expect(await engine.store.history(zoneId)).toHaveLength(1)
  })

  test('refuses a sequence below the highest seen, and sends nothing', async () => {
    const engine = createEngine()
    const holder = engine.network.add()
    await engine.store.put(await owner.sign(5), { receivedAt: NOW })
    await expect(engine.put(await owner.sign(4))).rejects.toMatchObject({
      code: 'STALE_SEQUENCE',
      sequence: 4,
      current: 5,
      message: expect.stringContaining('publish again with a sequence of 6 or more'),
    })
    expect(holder.held(routingKey)).toBeUndefined()
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
      expected: 5,
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
    expect(await putting).toEqual({ sequence: 1, acks: 1, k: 2 })
    expect(engine.clock.pending).toBe(0)
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
})

test('a node that comes back with an older disk never brings the older record back', async () => {
  const engine = createEngine()
  const holder = engine.network.add('careless')
  const old = await owner.sign(1)
  await engine.store.put(old, { receivedAt: NOW, own: true })
  holder.hold(routingKey, (await owner.sign(2)).bytes)
  await engine.clock.pass(10 * MINUTE)
  await engine.resolve(zoneId)
  await expect(engine.put(old)).rejects.toMatchObject({ code: 'STALE_SEQUENCE' })
  expect(holder.held(routingKey)).not.toEqual(old.bytes)
})

function sameAt(octets: Uint8Array, at: number, part: Uint8Array): boolean {
  return part.every((octet, index) => octets[at + index] === octet)
}
