// What becomes of zones whose publishers are gone, in a network whose peers come and go: the real engine and the real
// store of each peer's DHT, on a simulated network with a stepped clock. The same seed gives the same course.
import { createHash } from 'node:crypto'
import { type ZoneId, zoneIdOfRoutingKey } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import { GuardedDatastore } from '../dht/guarded-datastore.ts'
import {
  DAY,
  type Engine,
  type Owner,
  SteppedClock,
  createEngine,
  createOwner,
} from '../engine.test-support.ts'
import { republish } from '../publish/republish.ts'
import { startRepublisher } from '../publish/republisher.ts'
import type { Routing, RoutingAnswer, RoutingPut, RoutingPutOptions } from '../routing/routing.ts'
import { Random } from '../simulation/random.test-support.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'

const HOUR = DAY / 24
/** Peers closest to a key that are given a record and asked for one (kad-dht's K). */
const CLOSEST = 20

export interface SurvivalOptions {
  readonly seed: number
  readonly peers: number
  /** Each has a publisher of its own, who publishes once and is never seen again. */
  readonly zones: number
  /** The share of all peers that is replaced by new ones, which hold nothing, within a day. */
  readonly churn: number
  /** When the only follower of each zone leaves, in milliseconds after the publishers; 0 for zones without one. */
  readonly followedFor: number
  /** When all zones are looked up by somebody who has never seen them, in milliseconds after the publishers left. */
  readonly lookups: readonly number[]
}

export interface SurvivalPoint {
  /** Milliseconds after the publishers left. */
  readonly at: number
  /** The share of zones that were found. */
  readonly resolvable: number
}

export async function simulateSurvival(options: SurvivalOptions): Promise<SurvivalPoint[]> {
  const clock = new SteppedClock()
  const random = new Random(options.seed)
  const network = new ChurningNetwork(clock, random, options)
  const owners = Array.from({ length: options.zones }, (_, at) => createOwner(at + 1))
  const start = clock.now()
  for (const owner of owners) await createEngine({ clock, routing: network }).put(await owner.sign(1))
  if (options.followedFor > 0)
    for (const owner of owners) await follow(owner, clock, random, network, options)

  const points: SurvivalPoint[] = []
  for (const at of options.lookups) {
    while (clock.now() < start + at) {
      await clock.pass(Math.min(HOUR, start + at - clock.now()))
      await network.sweep()
    }
    let found = 0
    for (const { zoneId } of owners)
      if (await isFound(createEngine({ clock, routing: network }), zoneId)) found++
    points.push({ at, resolvable: found / owners.length })
  }
  return points
}

/** A node that follows one zone, and is no peer that others put to. */
async function follow(
  { zoneId }: Owner,
  clock: SteppedClock,
  random: Random,
  network: ChurningNetwork,
  { followedFor }: SurvivalOptions,
): Promise<void> {
  const { store, resolver, context } = createEngine({ clock, routing: network })
  const { emit } = context
  await store.follow(zoneId, clock.now())
  const republisher = startRepublisher({
    clock,
    random: () => random.fraction(),
    round: async signal => {
      await republish({ routing: network, store, resolver, clock, emit, putDeadline: 20_000 }, { signal })
    },
  })
  clock.after(followedFor, () => {
    void republisher.stop()
  })
}

async function isFound({ resolver }: Engine, zoneId: ZoneId): Promise<boolean> {
  try {
    return (await resolver.resolve(zoneId, { policy: 'network-first' })).kind === 'found'
  } catch {
    return false
  }
}

interface Peer {
  readonly name: string
  /** Its place in the key space. */
  readonly place: Uint8Array
  readonly guard: GuardedDatastore
}

/** Peers that answer as DHT servers do, each for a while. */
class ChurningNetwork implements Routing {
  private readonly peers = new Set<Peer>()
  private readonly clock: SteppedClock
  private readonly random: Random
  private readonly halfLife: number
  private readonly verifier = createSteppedVerifier()
  private joined = 0

  constructor(clock: SteppedClock, random: Random, { peers, churn }: SurvivalOptions) {
    this.clock = clock
    this.random = random
    this.halfLife = DAY * (Math.log(0.5) / Math.log(1 - churn))
    for (let peer = 0; peer < peers; peer++) this.join()
  }

  async *get(key: Uint8Array): AsyncGenerator<RoutingAnswer> {
    const zoneId = zoneIdOfRoutingKey(key)
    if (zoneId === undefined) return
    for (const { name, guard } of this.closestTo(key)) {
      const value = await guard.held(zoneId)
      yield value === undefined ? { kind: 'nothing', from: name } : { kind: 'value', value, from: name }
    }
  }

  async put(key: Uint8Array, value: Uint8Array, { onAck }: RoutingPutOptions): Promise<RoutingPut> {
    const zoneId = zoneIdOfRoutingKey(key)
    const closest = this.closestTo(key)
    let acks = 0
    for (const { name, guard } of closest) {
      let ok = zoneId !== undefined
      try {
        if (zoneId !== undefined) await guard.offer(zoneId, value, 'somebody')
      } catch {
        ok = false
      }
      if (ok) acks++
      onAck?.({ peer: name, ok, acks, asked: closest.length })
    }
    return { acks, asked: closest.length }
  }

  /** What each peer's sweeper does every hour. */
  async sweep(): Promise<void> {
    for (const { guard } of this.peers) await guard.sweep()
  }

  private join(): void {
    const name = `peer-${++this.joined}`
    const guard = new GuardedDatastore(new MemoryDatastore(), {
      prefix: '/dht',
      verifier: this.verifier,
      now: () => this.clock.now(),
    })
    const peer: Peer = { name, place: placeOf(`${name} ${this.random.fraction()}`), guard }
    this.peers.add(peer)
    // Of all that stay until a moment, half stay for one half-life more.
    const stays = -Math.log2(1 - this.random.fraction()) * this.halfLife
    this.clock.after(stays, () => {
      this.peers.delete(peer)
      this.join()
    })
  }

  private closestTo(key: Uint8Array): Peer[] {
    const place = placeOf(key)
    return [...this.peers]
      .map(peer => ({ peer, distance: Buffer.from(peer.place.map((octet, at) => octet ^ (place[at] ?? 0))) }))
      .sort((a, b) => Buffer.compare(a.distance, b.distance))
      .slice(0, CLOSEST)
      .map(({ peer }) => peer)
  }
}

function placeOf(name: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(name).digest()
}
