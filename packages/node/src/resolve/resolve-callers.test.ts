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
import type { ResolveProgress } from './resolver.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]

describe('callers', () => {
  test('that ask for one zone at once share one lookup', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, first.bytes)
    let asked = 0
    const { routing } = engine.context
    const get = routing.get.bind(routing)
    routing.get = (...parameters) => {
      asked++
      return get(...parameters)
    }
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => engine.resolve(zoneId)))
    expect(outcomes.map(sequenceOf)).toEqual(Array.from({ length: 20 }, () => 1))
    expect(asked).toBe(1)
  })

  test('that give up do not disturb the others', async () => {
    const engine = createEngine()
    const holder = engine.network.add()
    holder.hold(routingKey, first.bytes)
    const release = holder.pause()
    const impatient = new AbortController()
    const given = engine.resolve(zoneId, { signal: impatient.signal })
    const patient = engine.resolve(zoneId)
    await quiet()
    const failed = failureOf(given)
    impatient.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
    release()
    expect(sequenceOf(await patient)).toBe(1)
  })

  test('the last of whom gives up end the lookup, and the next one starts another', async () => {
    const engine = createEngine()
    const holder = engine.network.add('frozen')
    const impatient = new AbortController()
    const given = engine.resolve(zoneId, { signal: impatient.signal })
    await quiet()
    const failed = failureOf(given)
    impatient.abort(new Error('enough'))
    holder.behaviour = 'honest'
    holder.hold(routingKey, first.bytes)
    expect(await failed).toMatchObject({ message: 'enough' })
    const progress: ResolveProgress[] = []
    const next = await engine.resolve(zoneId, { onProgress: event => progress.push(event) })
    expect(sequenceOf(next)).toBe(1)
    expect(progress).toContainEqual({ kind: 'lookup', joined: false })
    await quiet()
    expect(engine.clock.pending).toBe(0)
  })

  test('whose signal has aborted already send nothing', async () => {
    const engine = createEngine()
    const aborted = AbortSignal.abort(new Error('never mind'))
    await expect(engine.resolve(zoneId, { signal: aborted })).rejects.toThrow('never mind')
  })

  test('see what happens, step by step', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, first.bytes)
    engine.network.add('corrupt').hold(routingKey, first.bytes)
    engine.network.add()
    engine.network.add().hold(routingKey, second.bytes)
    const progress: ResolveProgress[] = []
    await engine.resolve(zoneId, { policy: 'network-first', onProgress: event => progress.push(event) })
    expect(progress).toEqual([
      { kind: 'disk', sequence: undefined },
      { kind: 'lookup', joined: false },
      { kind: 'peer', peer: 'holder-1', answer: 'usable', sequence: 1 },
      { kind: 'best', sequence: 1, peer: 'holder-1' },
      { kind: 'peer', peer: 'holder-2', answer: 'invalid', sequence: undefined },
      { kind: 'peer', peer: 'holder-3', answer: 'nothing', sequence: undefined },
      { kind: 'peer', peer: 'holder-4', answer: 'usable', sequence: 2 },
      { kind: 'best', sequence: 2, peer: 'holder-4' },
      { kind: 'end', reason: 'exhausted' },
    ])
  })

  test('whose progress listener throws still get their answer, and so do the others', async () => {
    const engine = createEngine()
    const holder = engine.network.add()
    holder.hold(routingKey, first.bytes)
    const release = holder.pause()
    const throwing = engine.resolve(zoneId, {
      onProgress: ({ kind }) => {
        if (kind === 'peer') throw new Error('a bug of the caller')
      },
    })
    const other = engine.resolve(zoneId)
    await quiet()
    release()
    expect((await Promise.all([throwing, other])).map(sequenceOf)).toEqual([1, 1])
  })
})

describe('a node', () => {
  test('that is stopped ends its lookups, says so to who waits, and starts none', async () => {
    const engine = createEngine()
    engine.network.add('frozen')
    const waiting = engine.resolve(zoneId)
    await quiet()
    const failed = failureOf(waiting)
    await engine.resolver.stop()
    expect(await failed).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'stopped' })
    await expect(engine.resolve(zoneId)).rejects.toMatchObject({ code: 'RESOLVE_FAILED', reason: 'stopped' })
    expect(engine.clock.pending).toBe(0)
  })

  test('whose routing fails says so, and serves what is on disk all the same', async () => {
    const engine = createEngine()
    engine.context.routing.get = () => {
      throw new Error('no socket')
    }
    await expect(engine.resolve(zoneId)).rejects.toMatchObject({
      code: 'RESOLVE_FAILED',
      reason: 'failed',
      cause: { message: 'no socket' },
    })
    await engine.store.put(first, { confirmedAt: NOW - 10 * MINUTE })
    expect(await engine.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
      kind: 'found',
      freshness: 'stale',
    })
  })

  test('whose disk is full still answers with what peers have', async () => {
    const engine = createEngine()
    engine.network.add().hold(routingKey, first.bytes)
    engine.store.put = () => Promise.reject(new Error('no space left on device'))
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
  })

  test('is not held up by a routing that does not hear its signal', async () => {
    const engine = createEngine()
    engine.context.routing.get = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    })
    const resolving = engine.resolve(zoneId)
    const failed = failureOf(resolving)
    await engine.clock.pass(15_000)
    expect(await failed).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'deadline' })
    await engine.resolver.stop()
  })

  test('lets the routing clean up when it stops reading early', async () => {
    const engine = createEngine({ limits: { quorum: 1 } })
    const cleaned = Promise.withResolvers<string>()
    engine.context.routing.get = async function* () {
      try {
        yield { kind: 'value', value: first.bytes, from: 'one' }
        yield { kind: 'value', value: first.bytes, from: 'two' }
      } finally {
        cleaned.resolve('cleaned up')
      }
    }
    expect(await engine.resolve(zoneId)).toMatchObject({ provenance: { asked: 1 } })
    expect(await cleaned.promise).toBe('cleaned up')
  })

  test('takes only so many answers of a network that never stops answering', async () => {
    const engine = createEngine({ limits: { answers: 20 } })
    let given = 0
    engine.context.routing.get = async function* () {
      for (;;) yield { kind: 'nothing', from: `flood-${given++}` }
    }
    expect(await failureOf(engine.resolve(zoneId))).toMatchObject({
      code: 'RESOLVE_FAILED',
      reason: 'failed',
    })
    expect(given).toBe(20)
  })

  test('looks for so many zones at once, and tells further callers to come back', async () => {
    const engine = createEngine({ limits: { lookups: 2 } })
    const holder = engine.network.add()
    holder.hold(routingKey, first.bytes)
    const release = holder.pause()
    const others = [2, 3].map(seed => engine.resolve(createOwner(seed).zoneId))
    await quiet()

    expect(await failureOf(engine.resolve(zoneId))).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'busy' })
    // Whoever waits for one of those joins it.
    const joined = engine.resolve(createOwner(2).zoneId)
    // The owner's own turns, publishing and republishing, are few, and are never told to come back.
    const own = engine.resolve(zoneId, { policy: 'network-first' })
    release()

    expect((await Promise.all([...others, joined, own])).map(sequenceOf)).toEqual([
      'absent',
      'absent',
      'absent',
      1,
    ])
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
  })

  test('finds any number of zones one after the other while part of the network is silent', async () => {
    const engine = createEngine({ limits: { lookups: 2 } })
    const holder = engine.network.add()
    engine.network.add('frozen')
    const owners = Array.from({ length: 10 }, (_, at) => createOwner(10 + at))
    for (const other of owners) holder.hold(other.routingKey, (await other.sign(1)).bytes)
    for (const other of owners) expect(sequenceOf(await engine.resolve(other.zoneId))).toBe(1)
    // Those that were answered go on behind, and as many as may be looked for at once.
    expect(engine.clock.pending).toBe(2)
    await engine.resolver.stop()
  })

  test('ends no lookup that somebody waits for, however many others have their answers', async () => {
    const engine = createEngine({ limits: { lookups: 2 } })
    const holder = engine.network.add()
    engine.network.add('frozen')
    holder.hold(routingKey, first.bytes)
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
    const thorough = engine.resolve(zoneId, { policy: 'network-first' })
    for (let at = 0; at < 5; at++) {
      const other = createOwner(10 + at)
      holder.hold(other.routingKey, (await other.sign(1)).bytes)
      expect(sequenceOf(await engine.resolve(other.zoneId))).toBe(1)
    }
    await engine.clock.pass(15_000)
    expect(await thorough).toMatchObject({ kind: 'found', provenance: { elapsed: 15_000 } })
    await engine.resolver.stop()
  })

  test('that looks for as many zones as it may answers from a stale copy', async () => {
    const engine = createEngine({ limits: { lookups: 1 } })
    await engine.store.put(first, { confirmedAt: NOW - 10 * MINUTE })
    engine.network.add('frozen')
    const other = engine.resolve(createOwner(2).zoneId)
    const failed = failureOf(other)
    await quiet()

    expect(await engine.resolve(zoneId)).toMatchObject({ kind: 'found', freshness: 'stale' })

    await engine.resolver.stop()
    await failed
  })

  test('asks again for a zone that nobody has after a second, then ever later, up to half a minute', async () => {
    const engine = createEngine()
    engine.network.add()
    let lookups = 0
    const ask = async (): Promise<void> => {
      const outcome = await engine.resolve(zoneId, {
        onProgress: ({ kind }) => {
          if (kind === 'lookup') lookups++
        },
      })
      expect(outcome).toMatchObject({ kind: 'absent', provenance: { asked: 1 } })
    }
    const pauses: number[] = []
    await ask()
    for (let second = 0; second < 120; second++) {
      await engine.clock.pass(1_000)
      const before = lookups
      await ask()
      if (lookups > before) pauses.push(second + 1)
    }
    expect(pauses).toEqual([1, 3, 7, 15, 31, 61, 91])
  })

  test('finds at once what reached its own disk while it was too early to ask again', async () => {
    const engine = createEngine()
    engine.network.add()
    expect(sequenceOf(await engine.resolve(zoneId))).toBe('absent')
    await engine.store.put(first, { confirmedAt: NOW })
    expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
  })

  test('says again that a lookup failed while it is too early for another', async () => {
    const engine = createEngine()
    engine.network.add('frozen')
    const failing = failureOf(engine.resolve(zoneId))
    await engine.clock.pass(15_000)
    expect(await failing).toMatchObject({ reason: 'deadline', elapsed: 15_000 })
    expect(await failureOf(engine.resolve(zoneId))).toMatchObject({ reason: 'deadline', elapsed: 0 })
    await engine.resolver.stop()
  })

  test('refuses limits that make no sense', () => {
    expect(() => createEngine({ limits: { deadline: Number.NaN } })).toThrow(/deadline/)
    expect(() => createEngine({ limits: { quorum: 0 } })).toThrow('from 1 to 20')
  })
})
