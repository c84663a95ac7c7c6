import type { ZoneId } from '@signpost/core'
import { expect, test } from 'vitest'
import { DAY, MINUTE, NOW, SteppedClock, createEngine, createOwner } from '../engine.test-support.ts'
import { silentLogger } from '../logger.ts'
import type { ResolveOptions, ResolveOutcome, ZoneResolver } from '../resolve/resolver.ts'
import { FOLLOW_INTERVAL, Follower } from './follower.ts'

const zoneIds = Array.from({ length: 10 }, (_, at) => createOwner(at + 1).zoneId)
const provenance = { source: 'network', peer: undefined, agreed: 0, asked: 1, elapsed: 0 } as const

/** Takes ten seconds for each lookup, and says when each began, in minutes. */
class SlowResolver implements ZoneResolver {
  readonly began: [zone: number, minute: number][] = []
  most = 0
  private running = 0
  private readonly clock: SteppedClock

  constructor(clock: SteppedClock) {
    this.clock = clock
  }

  async resolve(zoneId: ZoneId, { signal }: ResolveOptions = {}): Promise<ResolveOutcome> {
    this.began.push([zoneIds.indexOf(zoneId), (this.clock.now() - NOW) / MINUTE])
    this.most = Math.max(this.most, ++this.running)
    await new Promise((resolve, reject) => {
      const cancel = this.clock.after(10_000, () => resolve(undefined))
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason as Error)
      })
    })
    this.running--
    return { kind: 'absent', provenance }
  }
}

function setUp(followed: readonly ZoneId[], random = (): number => 0) {
  const clock = new SteppedClock()
  const resolver = new SlowResolver(clock)
  const interval = FOLLOW_INTERVAL.default
  const follower = new Follower({ resolver, clock, random, interval, logger: silentLogger }, followed)
  return { clock, resolver, follower }
}

test('a zone is looked for at once when it is followed, then every quarter of an hour, until it is no longer', async () => {
  const { clock, resolver, follower } = setUp([])
  await clock.pass(3 * MINUTE)
  follower.add(zoneIds[0]!)
  follower.add(zoneIds[0]!)
  await clock.pass(40 * MINUTE)
  expect(resolver.began).toEqual([
    [0, 3],
    [0, 18],
    [0, 33],
  ])
  follower.remove(zoneIds[0]!)
  await clock.pass(60 * MINUTE)
  expect(resolver.began).toHaveLength(3)
  expect(clock.pending).toBe(0)
})

test('after the start zones have their turn within a minute, and up to a tenth early from then on', async () => {
  const { clock, resolver } = setUp(zoneIds.slice(0, 1), () => 0.5)
  await clock.pass(16 * MINUTE)
  expect(resolver.began).toEqual([
    [0, 0.5],
    [0, 14.75],
  ])
})

test('no more than four are looked for at a time, and none is left out', async () => {
  const { clock, resolver } = setUp(zoneIds)
  await clock.pass(MINUTE)
  expect(resolver.most).toBe(4)
  expect(resolver.began.map(([zone]) => zone).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('more zones than can be looked for in the interval all have their turn', async () => {
  const clock = new SteppedClock()
  const resolver = new SlowResolver(clock)
  const follower = new Follower(
    // Ten zones of ten seconds each, four at a time: thirty seconds.
    { resolver, clock, random: () => 0, interval: 15_000, logger: silentLogger },
    zoneIds,
  )
  await clock.pass(10 * MINUTE)
  const turns = zoneIds.map((_, at) => resolver.began.filter(([zone]) => zone === at).length)
  expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1)
  await follower.stop()
})

test('a machine that slept looks for news within five minutes of waking up', async () => {
  const { clock, resolver } = setUp(zoneIds.slice(0, 1))
  await clock.pass(MINUTE)
  clock.sleep(3 * DAY)
  await clock.pass(5 * MINUTE)
  expect(resolver.began).toHaveLength(2)
})

test.each([-3, -60, 30])(
  'a clock that is set by %d days makes this node look neither less often nor more',
  async days => {
    const { clock, resolver } = setUp(zoneIds.slice(0, 1))
    await clock.pass(MINUTE)
    clock.set(days * DAY)
    await clock.pass(3 * 60 * MINUTE)
    expect(resolver.began.length).toBeGreaterThanOrEqual(12)
    expect(resolver.began.length).toBeLessThanOrEqual(14)
  },
)

test('stopping ends the lookups under way, and nothing is looked for after it', async () => {
  const { clock, resolver, follower } = setUp(zoneIds.slice(0, 5))
  await clock.pass(1)
  await follower.stop()
  await clock.pass(60 * MINUTE)
  expect(resolver.began).toHaveLength(4)
  expect(clock.pending).toBe(0)
})

test('what a lookup finds is on disk and in the events, and a lookup that fails is tried again', async () => {
  const engine = createEngine()
  const { clock, resolver, store, network } = engine
  const owner = createOwner()
  const holder = network.add('frozen')
  const follower = new Follower(
    { resolver, clock, random: () => 0, interval: FOLLOW_INTERVAL.default, logger: silentLogger },
    [owner.zoneId],
  )
  await clock.pass(MINUTE)
  expect(await store.get(owner.zoneId)).toBeUndefined()

  holder.behaviour = 'honest'
  holder.hold(owner.routingKey, (await owner.sign(3)).bytes)
  await clock.pass(15 * MINUTE)
  expect(await store.get(owner.zoneId)).toMatchObject({ record: { sequence: 3 } })
  expect(engine.detailsOf('record')).toMatchObject([{ record: { sequence: 3 }, peer: 'holder-1' }])
  await follower.stop()
})
