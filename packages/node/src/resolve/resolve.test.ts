import { describe, expect, test } from 'vitest'
import {
  MINUTE,
  NOW,
  createEngine,
  createOwner,
  failureOf,
  quiet,
  sequenceOf,
} from '../engine.test-support.ts'
import type { ResolveOutcome, ResolveProgress } from './resolver.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [first, second, third] = [await owner.sign(1), await owner.sign(2), await owner.sign(3)]

describe('a zone that is not on disk', () => {
  test('is answered by the first peer that has it, is written to disk, and says where it is from', async () => {
    const engine = createEngine()
    engine.network.add()
    engine.network.add().hold(routingKey, first.bytes)
    const outcome = await engine.resolve(zoneId)
    expect(outcome).toMatchObject({
      kind: 'found',
      record: { sequence: 1 },
      freshness: 'fresh',
      confirmedAt: NOW,
      provenance: { source: 'network', peer: 'holder-2', agreed: 1, asked: 2 },
    })
    expect((await engine.store.get(zoneId))?.record.bytes).toEqual(first.bytes)
    expect(engine.detailsOf('record')).toMatchObject([{ record: { sequence: 1 }, peer: 'holder-2' }])
  })

  test('is answered though other peers are frozen, without any wait', async () => {
    const engine = createEngine()
    for (let at = 0; at < 6; at++) engine.network.add('frozen')
    engine.network.add().hold(routingKey, first.bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
    expect(engine.clock.now()).toBe(NOW)
    await engine.resolver.stop()
  })

  test('is absent once every peer has said that it has none', async () => {
    const engine = createEngine()
    engine.network.add()
    engine.network.add('unreachable')
    engine.network.add()
    expect(await engine.resolve(zoneId)).toMatchObject({
      kind: 'absent',
      provenance: { asked: 2, agreed: 0 },
    })
  })

  test('is absent where there is nobody to ask', async () => {
    expect(await createEngine().resolve(zoneId)).toMatchObject({ kind: 'absent', provenance: { asked: 0 } })
  })

  test('is never called absent while a peer has not answered: the deadline is an error', async () => {
    const engine = createEngine({ limits: { deadline: 5_000 } })
    engine.network.add()
    engine.network.add('frozen')
    const resolving = engine.resolve(zoneId)
    const failed = failureOf(resolving)
    await engine.clock.pass(4_999)
    await engine.clock.pass(1)
    expect(await failed).toMatchObject({
      code: 'RESOLVE_FAILED',
      reason: 'deadline',
      elapsed: 5_000,
    })
    expect(engine.clock.pending).toBe(0)
  })

  test('is invalid where all that came does not verify', async () => {
    const engine = createEngine()
    engine.network.add('corrupt').hold(routingKey, first.bytes)
    engine.network.add()
    expect(await engine.resolve(zoneId)).toMatchObject({
      kind: 'invalid',
      error: { code: expect.stringMatching(/^(BAD_SIGNATURE|MALFORMED_RECORD)$/) },
    })
    expect(await engine.store.get(zoneId)).toBeUndefined()
  })

  test('is answered past a corrupt holder and one that holds another zone’s record', async () => {
    const engine = createEngine()
    engine.network.add('corrupt').hold(routingKey, second.bytes)
    engine.network.add().hold(routingKey, (await createOwner(2).sign(9)).bytes)
    engine.network.add().hold(routingKey, first.bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
  })

  test('is answered with its retirement where the owner retired it, which is not absence', async () => {
    const engine = createEngine()
    const retired = await owner.sign(4, { content: 'retired' })
    engine.network.add().hold(routingKey, third.bytes)
    engine.network.add().hold(routingKey, retired.bytes)
    const outcome = await engine.resolve(zoneId, { policy: 'network-first' })
    expect(outcome).toMatchObject({ kind: 'found', record: { sequence: 4, content: { kind: 'retired' } } })
    engine.network.holders.length = 0
    engine.network.add().hold(routingKey, third.bytes)
    expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(4)
  })

  test('cache-only sends nothing', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, first.bytes)
    const progress: ResolveProgress[] = []
    const outcome = await engine.resolve(zoneId, { policy: 'cache-only', onProgress: e => progress.push(e) })
    expect(outcome).toMatchObject({ kind: 'absent', provenance: { source: 'disk', asked: 0 } })
    expect(progress).toEqual([{ kind: 'disk', sequence: undefined }])
  })
})

describe('a zone that is on disk', () => {
  test('is answered from there while it is fresh, and nothing is sent', async () => {
    const engine = createEngine()
    await engine.store.put(first, { confirmedAt: NOW })
    engine.network.add().hold(routingKey, second.bytes)
    await engine.clock.pass(5 * MINUTE - 1)
    expect(await engine.resolve(zoneId)).toMatchObject({
      kind: 'found',
      record: { sequence: 1 },
      freshness: 'fresh',
      confirmedAt: NOW,
      provenance: { source: 'disk', peer: undefined },
    })
    await engine.clock.pass(1)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(2)
  })

  test('is fresh again when a peer confirms it', async () => {
    const engine = createEngine()
    await engine.store.put(first, { confirmedAt: NOW })
    engine.network.add().hold(routingKey, first.bytes)
    await engine.clock.pass(10 * MINUTE)
    expect(await engine.resolve(zoneId)).toMatchObject({
      freshness: 'fresh',
      provenance: { source: 'network', peer: 'holder-1' },
    })
    expect(await engine.resolve(zoneId)).toMatchObject({
      freshness: 'fresh',
      confirmedAt: NOW + 10 * MINUTE,
      provenance: { source: 'disk' },
    })
  })

  test('is answered stale when no peer answers within a moment, at once after that, and asked for again later', async () => {
    const engine = createEngine()
    await engine.store.put(first, { confirmedAt: NOW - 10 * MINUTE })
    const holder = engine.network.add('frozen')
    const waited = engine.resolve(zoneId)
    await engine.clock.pass(1_800)
    expect(await waited).toMatchObject({ kind: 'found', freshness: 'stale', provenance: { elapsed: 1_800 } })
    // The lookup goes on behind, and ends in vain at its deadline.
    await engine.clock.pass(15_000)
    expect(await engine.resolve(zoneId)).toMatchObject({ freshness: 'stale', provenance: { elapsed: 0 } })
    holder.behaviour = 'honest'
    holder.hold(routingKey, second.bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
    await engine.clock.pass(30_000)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(2)
  })

  test('is answered stale when every peer has lost it: what was good does not become empty', async () => {
    const engine = createEngine()
    await engine.store.put(first, { confirmedAt: NOW - 10 * MINUTE })
    engine.network.add()
    for (const policy of ['cache-first', 'network-first', 'cache-only'] as const)
      expect(await engine.resolve(zoneId, { policy })).toMatchObject({ kind: 'found', freshness: 'stale' })
  })

  test('a late answer behind a stale one serves the next caller', async () => {
    const engine = createEngine()
    await engine.store.put(first, { confirmedAt: NOW - 10 * MINUTE })
    const holder = engine.network.add()
    holder.hold(routingKey, second.bytes)
    const release = holder.pause()
    const waited = engine.resolve(zoneId)
    await engine.clock.pass(1_800)
    expect(sequenceOf(await waited)).toBe(1)
    release()
    await quiet()
    expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 2 }, freshness: 'fresh' })
  })

  test('is expired where the network has nothing better, and says so with every policy', async () => {
    const engine = createEngine()
    const over = await owner.sign(5, { expiresAt: NOW + 10 })
    await engine.store.put(over, { confirmedAt: NOW })
    engine.network.add()
    engine.network.add().hold(routingKey, over.bytes)
    expect(await engine.resolve(zoneId)).toMatchObject({ kind: 'found' })
    await engine.clock.pass(11)
    for (const policy of ['cache-first', 'network-first', 'cache-only'] as const)
      expect(await engine.resolve(zoneId, { policy })).toMatchObject({
        kind: 'expired',
        record: { sequence: 5 },
      })
    // For a while nobody is asked again.
    engine.network.holders[0]?.hold(routingKey, (await owner.sign(6)).bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(5)
    await engine.clock.pass(30_000)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(6)
  })

  test('an expired copy gives way to what the owner published since', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(5, { expiresAt: NOW - 1 }), { confirmedAt: NOW - MINUTE })
    engine.network.add().hold(routingKey, (await owner.sign(6)).bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(6)
  })
})

describe('an older record', () => {
  test('is never answered below the floor, whoever holds it and however many', async () => {
    const engine = createEngine()
    await engine.store.put(second, { confirmedAt: NOW - 10 * MINUTE })
    for (let at = 0; at < 8; at++) engine.network.add('refusing').hold(routingKey, first.bytes)
    for (const policy of ['cache-first', 'network-first', 'cache-only'] as const)
      expect(sequenceOf(await engine.resolve(zoneId, { policy }))).toBe(2)
    expect((await engine.store.get(zoneId))?.record.sequence).toBe(2)
  })

  test('is no answer where the floor is all that is left on disk', async () => {
    const engine = createEngine()
    await engine.store.put(second, { confirmedAt: NOW })
    await engine.store.discard(second)
    engine.network.add().hold(routingKey, first.bytes)
    expect(await engine.resolve(zoneId)).toMatchObject({
      kind: 'invalid',
      error: { code: 'STALE_SEQUENCE', sequence: 1, current: 2 },
    })
    expect((await engine.resolve(zoneId, { policy: 'cache-only' })).kind).toBe('absent')
    engine.network.add().hold(routingKey, second.bytes)
    await engine.clock.pass(1_000)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(2)
  })

  test('does not come back where the newest one has expired', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, (await owner.sign(5, { expiresAt: NOW - 1 })).bytes)
    engine.network.add().hold(routingKey, third.bytes)
    expect(await engine.resolve(zoneId)).toMatchObject({ kind: 'expired', record: { sequence: 5 } })
  })

  test('is corrected where it is held, and a peer that refuses or freezes disturbs nobody', async () => {
    const engine = createEngine()
    const behaviours = ['honest', 'refusing', 'honest', 'honest'] as const
    const [older, refusing, newer, frozen] = behaviours.map(behaviour => engine.network.add(behaviour))
    older?.hold(routingKey, first.bytes)
    refusing?.hold(routingKey, first.bytes)
    newer?.hold(routingKey, third.bytes)
    frozen?.hold(routingKey, second.bytes)
    expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(3)
    if (frozen) frozen.behaviour = 'frozen'
    await engine.clock.pass(10_000)
    expect(older?.held(routingKey)).toEqual(third.bytes)
    expect(refusing?.held(routingKey)).toEqual(first.bytes)
    expect(engine.detailsOf('corrected').map(({ peer, accepted }) => [peer, accepted])).toEqual(
      expect.arrayContaining([
        ['holder-1', true],
        ['holder-2', false],
      ]),
    )
    expect(engine.detailsOf('corrected')).toHaveLength(3)
    expect(engine.clock.pending).toBe(0)
  })

  test('answers the first caller where its holder is first, and the next caller gets the newer one', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, first.bytes)
    const late = engine.network.add()
    late.hold(routingKey, second.bytes)
    const release = late.pause()
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
    release()
    await quiet()
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(2)
  })

  test('a writer that was late does not undo what came while a lookup ran', async () => {
    const engine = createEngine()
    const late = engine.network.add()
    late.hold(routingKey, first.bytes)
    const release = late.pause()
    const resolving = engine.resolve(zoneId, { policy: 'network-first' })
    await quiet()
    await engine.store.put(second, { confirmedAt: NOW })
    release()
    expect(sequenceOf(await resolving)).toBe(2)
    await engine.clock.pass(0)
    expect(late.held(routingKey)).toEqual(second.bytes)
  })
})

describe('network-first', () => {
  test('hears everybody where few agree, so the newest of all answers', async () => {
    const engine = createEngine()
    for (const record of [first, first, second, first, third])
      engine.network.add().hold(routingKey, record.bytes)
    expect(await engine.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
      record: { sequence: 3 },
      provenance: { peer: 'holder-5', agreed: 1, asked: 5 },
    })
  })

  test('ends when enough peers agree, though others are frozen', async () => {
    const engine = createEngine({ limits: { quorum: 3 } })
    engine.network.add('frozen')
    for (let at = 0; at < 5; at++) engine.network.add().hold(routingKey, second.bytes)
    expect(await engine.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
      record: { sequence: 2 },
      provenance: { agreed: 3, asked: 3 },
    })
    expect(engine.clock.pending).toBe(0)
  })

  test('takes the best of what came by the deadline', async () => {
    const engine = createEngine()
    engine.network.add('frozen')
    engine.network.add().hold(routingKey, second.bytes)
    const resolving = engine.resolve(zoneId, { policy: 'network-first' })
    await engine.clock.pass(15_000)
    expect(await resolving).toMatchObject({ record: { sequence: 2 }, provenance: { elapsed: 15_000 } })
  })
})

describe('two records with one sequence', () => {
  test('the same one wins everywhere, both are kept as evidence, and it is reported', async () => {
    const rivals = [await owner.sign(7, { text: 'one' }), await owner.sign(7, { text: 'two' })] as const
    const winners: (ResolveOutcome & { kind: 'found' })[] = []
    for (const order of [rivals, rivals.toReversed()]) {
      const engine = createEngine()
      for (const record of order) engine.network.add().hold(routingKey, record.bytes)
      const outcome = await engine.resolve(zoneId, { policy: 'network-first' })
      if (outcome.kind === 'found') winners.push(outcome)
      expect(engine.detailsOf('equivocation')).toMatchObject([{ zoneId, sequence: 7 }])
      const [evidence] = await engine.store.evidence(zoneId)
      expect(evidence?.records.map(({ bytes }) => bytes)).toEqual(
        expect.arrayContaining(rivals.map(({ bytes }) => bytes)),
      )
    }
    expect(winners).toHaveLength(2)
    expect(winners[0]?.record.bytes).toEqual(winners[1]?.record.bytes)
  })
})
