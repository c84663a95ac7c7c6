import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DAY,
  MINUTE,
  NOW,
  SteppedClock,
  createEngine,
  createOwner,
  failureOf,
  quiet,
} from '../engine.test-support.ts'
import { type RepublishContext, REPUBLISH_INTERVAL, nextRepublish, republish } from './republish.ts'
import { startRepublisher } from './republisher.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner

function contextOf(engine: ReturnType<typeof createEngine>): RepublishContext {
  const { routing, store, clock, emit } = engine.context
  return { routing, store, clock, emit, putDeadline: 20_000, resolver: engine.resolver }
}

describe('republish', () => {
  test('gives the octets of own and followed zones to peers that have lost them, and leaves other zones alone', async () => {
    const engine = createEngine()
    const [followed, other] = [createOwner(2), createOwner(3)]
    const [mine, kept, theirs] = [await owner.sign(2), await followed.sign(7), await other.sign(1)]
    await engine.store.put(mine, { confirmedAt: NOW, own: true })
    await engine.store.follow(followed.zoneId, NOW)
    // Also one that is both.
    await engine.store.follow(zoneId, NOW)
    await engine.store.put(kept, { confirmedAt: NOW })
    await engine.store.put(theirs, { confirmedAt: NOW })
    const holder = engine.network.add()
    const sent = { kind: 'sent', acks: 1, asked: 1, expiresAt: mine.expiresAt }
    expect(await republish(contextOf(engine))).toEqual({
      zones: [
        { ...sent, zoneId, sequence: 2 },
        { ...sent, zoneId: followed.zoneId, sequence: 7 },
      ].sort((a, b) => (a.zoneId < b.zoneId ? -1 : 1)),
    })
    expect(holder.held(routingKey)).toEqual(mine.bytes)
    expect(holder.held(followed.routingKey)).toEqual(kept.bytes)
    expect(holder.held(other.routingKey)).toBeUndefined()
    expect(engine.detailsOf('republished')).toHaveLength(2)
  })

  test('says of which followed zones nobody has a record, and sends nothing for them', async () => {
    const engine = createEngine()
    await engine.store.follow(zoneId, NOW)
    const holder = engine.network.add()
    expect(await republish(contextOf(engine))).toEqual({ zones: [{ kind: 'absent', zoneId }] })
    expect(holder.held(routingKey)).toBeUndefined()
  })

  test('never gives a followed zone’s older record to anybody, and learns the newer one', async () => {
    const engine = createEngine()
    await engine.store.follow(zoneId, NOW)
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW })
    const newer = await owner.sign(2)
    const holders = [engine.network.add('careless'), engine.network.add('careless')]
    holders[1]?.hold(routingKey, newer.bytes)
    expect(await republish(contextOf(engine))).toMatchObject({ zones: [{ kind: 'sent', sequence: 2 }] })
    for (const holder of holders) expect(holder.held(routingKey)).toEqual(newer.bytes)
    expect(await engine.store.get(zoneId)).toMatchObject({ record: { sequence: 2 } })
  })

  test('many zones go out four at a time and four a second, and who asks to stop does not wait for them', async () => {
    const engine = createEngine()
    const owners = Array.from({ length: 20 }, (_, at) => createOwner(at + 1))
    for (const each of owners) await engine.store.put(await each.sign(1), { confirmedAt: NOW, own: true })
    engine.network.add()
    const controller = new AbortController()
    const failed = failureOf(republish(contextOf(engine), { signal: controller.signal }))
    const sent: number[] = []
    for (let second = 0; second < 2; second++) {
      await engine.clock.pass(999)
      sent.push(engine.detailsOf('republished').length)
      await engine.clock.pass(1)
    }
    expect(sent).toEqual([4, 8])
    controller.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
    expect(engine.clock.pending).toBe(0)
  })

  test('whoever asks to stop gets the reason when nothing is being put any more', async () => {
    const engine = createEngine()
    for (const seed of [1, 2]) {
      const each = createOwner(seed)
      await engine.store.put(await each.sign(1), { confirmedAt: NOW, own: true })
    }
    const slow = Promise.withResolvers<void>()
    let started = 0
    let running = 0
    const put: RepublishContext['routing']['put'] = async (_key, _value, { signal }) => {
      const isFirst = started++ === 0
      running++
      // The first one hears that it should stop, and the other one takes its time.
      if (isFirst) await new Promise(resolve => signal.addEventListener('abort', resolve))
      else await slow.promise
      running--
      signal.throwIfAborted()
      return { acks: 1, asked: 1 }
    }
    const get: RepublishContext['routing']['get'] = (...given) => engine.context.routing.get(...given)
    const controller = new AbortController()
    const context = { ...contextOf(engine), routing: { get, put } }
    const failed = failureOf(republish(context, { signal: controller.signal })).then(error => ({
      error,
      running,
    }))
    await quiet()
    expect(running).toBe(2)
    controller.abort(new Error('enough'))
    await quiet()
    slow.resolve()
    expect(await failed).toMatchObject({ error: { message: 'enough' }, running: 0 })
  })

  test('a clock that is set back meanwhile keeps no zone waiting', async () => {
    const engine = createEngine()
    const owners = Array.from({ length: 20 }, (_, at) => createOwner(at + 1))
    for (const each of owners) await engine.store.put(await each.sign(1), { confirmedAt: NOW, own: true })
    engine.network.add()
    const { routing } = engine.context
    const put = routing.put.bind(routing)
    let puts = 0
    routing.put = async (...given) => {
      if (++puts === 5) engine.clock.set(-3 * DAY)
      return put(...given)
    }
    const republishing = republish(contextOf(engine))
    await engine.clock.pass(6_000)
    expect(puts).toBe(20)
    expect((await republishing).zones).toHaveLength(20)
  })

  test('a zone that is followed no longer when its turn comes is left alone', async () => {
    const engine = createEngine()
    const owners = Array.from({ length: 5 }, (_, at) => createOwner(at + 1)).sort((a, b) =>
      a.zoneId < b.zoneId ? -1 : 1,
    )
    for (const each of owners) {
      await engine.store.follow(each.zoneId, NOW)
      await engine.store.put(await each.sign(1), { confirmedAt: NOW })
    }
    engine.network.add()
    const republishing = republish(contextOf(engine))
    await quiet()
    await engine.store.unfollow(owners[4]!.zoneId)
    await engine.clock.pass(2_000)
    expect((await republishing).zones.map(zone => zone.zoneId)).toEqual(
      owners.slice(0, 4).map(each => each.zoneId),
    )
  })

  test('never sends an older record over what the owner published elsewhere, even to careless peers', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW, own: true })
    const elsewhere = await owner.sign(2)
    const holders = [engine.network.add('careless'), engine.network.add('careless')]
    holders[0]?.hold(routingKey, elsewhere.bytes)
    expect(await republish(contextOf(engine))).toMatchObject({
      zones: [{ kind: 'sent', sequence: 2, acks: 2 }],
    })
    for (const holder of holders) expect(holder.held(routingKey)).toEqual(elsewhere.bytes)
  })

  test('says which zones are over their validity and have to be published again', async () => {
    const engine = createEngine()
    const expiresAt = NOW + DAY
    await engine.store.put(await owner.sign(1, { expiresAt }), { confirmedAt: NOW, own: true })
    const holder = engine.network.add()
    await engine.clock.pass(DAY + 1)
    expect(await republish(contextOf(engine))).toEqual({
      zones: [{ kind: 'expired', zoneId, sequence: 1, expiresAt }],
    })
    expect(holder.held(routingKey)).toBeUndefined()
  })

  test('reports what fails for one zone and goes on with the others, in the order of their IDs', async () => {
    const engine = createEngine()
    const owners = [1, 2, 3, 4, 5, 6].map(seed => createOwner(seed))
    for (const each of owners) await engine.store.put(await each.sign(1), { confirmedAt: NOW, own: true })
    engine.network.add()
    const { routing } = engine.context
    const put = routing.put.bind(routing)
    routing.put = async (key, ...rest) => {
      if (Buffer.compare(key, routingKey) === 0) throw new Error('out of sockets')
      return put(key, ...rest)
    }
    const republishing = republish(contextOf(engine))
    await engine.clock.pass(2_000)
    const { zones } = await republishing
    expect(zones.map(zone => zone.zoneId)).toEqual(owners.map(each => each.zoneId).sort())
    expect(zones.filter(({ kind }) => kind === 'sent')).toHaveLength(5)
    expect(zones.find(zone => zone.zoneId === zoneId)).toMatchObject({
      kind: 'failed',
      error: { message: 'out of sockets' },
    })
  })

  test('with nobody to ask says that nobody took it', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW, own: true })
    expect(await republish(contextOf(engine))).toMatchObject({ zones: [{ kind: 'sent', acks: 0, asked: 0 }] })
  })

  test('stops when it is told to', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW, own: true })
    engine.network.add('frozen')
    const controller = new AbortController()
    const running = republish(contextOf(engine), { signal: controller.signal })
    const failed = failureOf(running)
    await quiet()
    controller.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
  })
})

describe('the schedule', () => {
  test('is every four hours, up to a tenth early, and never in the past', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(random, fc.nat(10 * DAY), (random, since) => {
        const due = nextRepublish(NOW - since, NOW, random)
        expect(due).toBeGreaterThanOrEqual(NOW)
        expect(due).toBeLessThanOrEqual(Math.max(NOW, NOW - since + REPUBLISH_INTERVAL.default))
        expect(due).toBeGreaterThan(NOW - since + REPUBLISH_INTERVAL.default * 0.9 - 1)
      }),
    )
  })

  test('begins within a minute of the start, at a time of its own', () => {
    expect(nextRepublish(undefined, NOW, 0)).toBe(NOW)
    expect(nextRepublish(undefined, NOW, 0.5)).toBe(NOW + MINUTE / 2)
  })

  test('runs round after round, whatever a round takes, until it is stopped', async () => {
    const clock = new SteppedClock()
    const rounds: number[] = []
    const republisher = startRepublisher({
      clock,
      random: () => 0.5,
      interval: 60 * MINUTE,
      round: async () => {
        rounds.push((clock.now() - NOW) / MINUTE)
      },
    })
    await clock.pass(150 * MINUTE)
    expect(rounds).toEqual([0.5, 57.5, 114.5])
    await republisher.stop()
    expect(clock.pending).toBe(0)
    await clock.pass(150 * MINUTE)
    expect(rounds).toHaveLength(3)
  })

  test('comes within five minutes of waking up where the machine slept over it', async () => {
    const clock = new SteppedClock()
    let rounds = 0
    const republisher = startRepublisher({
      clock,
      random: () => 0,
      round: async () => {
        rounds++
      },
    })
    await clock.pass(MINUTE)
    clock.sleep(3 * DAY)
    await clock.pass(5 * MINUTE)
    expect(rounds).toBe(2)
    await republisher.stop()
  })

  test.each([-3, -60, 30])('is the same where the clock is set by %d days', async days => {
    const clock = new SteppedClock()
    let rounds = 0
    const republisher = startRepublisher({
      clock,
      random: () => 0,
      round: async () => {
        rounds++
      },
    })
    await clock.pass(60 * MINUTE)
    expect(rounds).toBe(1)
    clock.set(days * DAY)
    await clock.pass(DAY)
    expect(rounds).toBeGreaterThanOrEqual(6)
    expect(rounds).toBeLessThanOrEqual(8)
    await republisher.stop()
  })

  test('stopping waits for the round that runs, and tells it to end', async () => {
    const clock = new SteppedClock()
    let ended = false
    const republisher = startRepublisher({
      clock,
      random: () => 0,
      round: async signal => {
        await new Promise(resolve => {
          signal.addEventListener('abort', resolve)
        })
        ended = true
      },
    })
    await clock.pass(1)
    await republisher.stop()
    expect(ended).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
