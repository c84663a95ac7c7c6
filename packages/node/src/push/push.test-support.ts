// Nodes that hear news of zones from each other, without a network and with a clock that tests step.
import type { SignedRecord } from '@signpost/core'
import type { Owner, SteppedClock } from '../engine.test-support.ts'
import { type NodeEventDetails, NodeEventEmitter } from '../events.ts'
import { silentLogger } from '../logger.ts'
import { HeldRecords } from '../store/held-records.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Remembered } from '../resolve/zone-memory.ts'
import { ReceivedRecords } from '../store/received-records.ts'
import type { Store } from '../store/store.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { MemoryGossip } from './memory-gossip.test-support.ts'
import { MemoryRendezvous } from './memory-rendezvous.test-support.ts'
import { Push } from './push.ts'

const verifier = createSteppedVerifier()

export class Listener {
  readonly gossip: MemoryGossip
  readonly rendezvous = new MemoryRendezvous()
  readonly store: Store
  readonly push: Push
  /** What the DHT of the node keeps for others. */
  remembered: Remembered = { newer: undefined, floor: 0 }
  /** News, as the node's own listeners get it. */
  readonly news: NodeEventDetails['record'][] = []
  readonly refused: NodeEventDetails['refused'][] = []
  readonly conflicts: NodeEventDetails['equivocation'][] = []
  private readonly events = new NodeEventEmitter()
  private readonly clock: SteppedClock

  constructor(name: string, clock: SteppedClock, store: Store = new MemoryStore(), random = 0.5) {
    const { events } = this
    events.addEventListener('record', ({ detail }) => this.news.push(detail))
    events.addEventListener('refused', ({ detail }) => this.refused.push(detail))
    events.addEventListener('equivocation', ({ detail }) => this.conflicts.push(detail))
    this.clock = clock
    this.gossip = new MemoryGossip(name)
    const held = new HeldRecords(store, verifier, silentLogger)
    this.store = store
    this.push = new Push({
      gossip: this.gossip,
      rendezvous: this.rendezvous,
      store,
      memory: { remembered: async () => this.remembered },
      held,
      received: new ReceivedRecords({ store, held, clock, emit: events.emit, logger: silentLogger }),
      events,
      verifier,
      clock,
      random: () => random,
      logger: silentLogger,
    })
  }

  /** Follows a zone, as the user of the node says. */
  async follow({ zoneId }: Owner): Promise<void> {
    await this.store.follow(zoneId, this.clock.now())
    this.events.emit('followed', { zoneId, isFollowed: true })
  }

  async unfollow({ zoneId }: Owner): Promise<void> {
    await this.store.unfollow(zoneId)
    this.events.emit('followed', { zoneId, isFollowed: false })
  }

  /** Puts a record here as its owner does. */
  async put(record: SignedRecord): Promise<void> {
    await this.store.put(record, { confirmedAt: this.clock.now(), own: true })
    this.push.published(record)
  }

  async sequence({ zoneId }: Owner): Promise<number | undefined> {
    return (await this.store.get(zoneId))?.record.sequence
  }
}

/** Listeners that are all linked with each other. */
export function createListeners(clock: SteppedClock, ...names: readonly string[]): Listener[] {
  const listeners = names.map(
    (name, at) => new Listener(name, clock, new MemoryStore(), (at + 1) / (names.length + 1)),
  )
  for (const [at, { gossip }] of listeners.entries())
    for (const other of listeners.slice(0, at)) other.gossip.link(gossip)
  return listeners
}
