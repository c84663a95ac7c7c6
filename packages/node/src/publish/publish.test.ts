import { InvalidZoneError, createZone, digestOf, zoneOf } from '@signpost/core'
import { describe, expect, test } from 'vitest'
import { DAY, NOW, createEngine, createOwner, failureOf, quiet } from '../engine.test-support.ts'
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
    const { record, replaced, ...receipt } = await publish(engine, request('hello'))
    expect(receipt).toEqual({ sequence: 1, acks: 2, k: 2 })
    expect(replaced).toBeUndefined()
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

  test('goes one above what stands, and names what it replaces', async () => {
    const engine = createEngine()
    const elsewhere = await owner.sign(8)
    engine.network.add().hold(routingKey, elsewhere.bytes)
    const { record, replaced } = await publish(engine, request('here', { base: 'standing' }))
    expect(record.sequence).toBe(9)
    expect(record.previous).toEqual(digestOf(elsewhere))
    expect(replaced?.data).toEqual(elsewhere.data)
  })

  test('goes one above the disk where that is ahead of the network', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(8), { confirmedAt: NOW, own: true })
    engine.network.add().hold(routingKey, (await owner.sign(3)).bytes)
    expect((await publish(engine, request('here'))).sequence).toBe(9)
  })

  test('goes above the floor where that is all that is left', async () => {
    const engine = createEngine()
    const lost = await owner.sign(8)
    await engine.store.put(lost, { confirmedAt: NOW })
    await engine.store.discard(lost)
    engine.network.add()
    const { record } = await publish(engine, request('here', { base: 'standing' }))
    expect(record).toMatchObject({ sequence: 9, previous: undefined })
  })

  test('goes above an expired record, and past octets that are nobody’s', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(4, { expiresAt: NOW - 1 })).bytes)
    engine.network.add().hold(routingKey, Uint8Array.of(1, 2, 3))
    expect((await publish(engine, request('again', { base: 'standing' }))).sequence).toBe(5)
  })

  test('keeps the IPFS path of the record that it replaces, unless it is given another', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(1, { value: '/ipfs/bafkqabtimvwgy3yk' })).bytes)
    expect((await publish(engine, request('kept', { base: 'standing' }))).record.value).toBe(
      '/ipfs/bafkqabtimvwgy3yk',
    )
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

  test('twice at once is one after the other, and the second was not made from the first', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request('before'))
    const both = await Promise.allSettled(['one', 'two'].map(text => publish(engine, request(text))))
    expect(both).toMatchObject([
      { status: 'fulfilled', value: { sequence: 2 } },
      { status: 'rejected', reason: { code: 'PUBLISH_CONFLICT', expected: 1, current: 2 } },
    ])
    const same = await Promise.all(['three', 'three'].map(text => publish(engine, request(text))))
    expect(same.map(({ sequence }) => sequence)).toEqual([3, 4])
  })

  test('follows nothing after the last sequence, and says what is left to do', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(Number.MAX_SAFE_INTEGER)).bytes)
    expect(await failureOf(publish(engine, request('more', { base: 'standing' })))).toMatchObject({
      code: 'SEQUENCE_EXHAUSTED',
      message: expect.stringContaining('new key'),
    })
  })

  test('keeps the TTL of the record that it replaces, unless it is given another', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request('one', { ttl: 60 }))
    expect((await publish(engine, request('two'))).record.ttl).toBe(60)
    expect((await publish(engine, request('three', { ttl: 90 }))).record.ttl).toBe(90)
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
      'stands',
    ])
  })
})

test('a publisher that waits for its turn gives up when it is told to, and publishes nothing', async () => {
  const engine = createEngine()
  const holder = engine.network.add()
  const release = holder.pause()
  const first = publish(engine, { signer: owner.signer, content: owner.records('first'), now: NOW })
  const impatient = new AbortController()
  const second = publish(
    engine,
    { signer: owner.signer, content: owner.records('second'), now: NOW },
    { signal: impatient.signal },
  )
  const failed = failureOf(second)
  impatient.abort(new Error('enough'))
  expect(await failed).toMatchObject({ message: 'enough' })
  release()
  expect((await first).sequence).toBe(1)
  await quiet()
  expect(await engine.store.floor(owner.zoneId)).toBe(1)
})
