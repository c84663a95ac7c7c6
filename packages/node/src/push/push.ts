import {
  type SignedRecord,
  type Verdict,
  type Verifier,
  type ZoneId,
  compareRecords,
  freshnessOf,
  isEquivocation,
  routingKeyOf,
  verifyRecord,
  zoneIdOfRoutingKey,
} from '@signpost/core'
import type { Clock } from '../clock.ts'
import type { NodeEventEmitter } from '../events.ts'
import type { Logger } from '../logger.ts'
import { type Refusal, reasonOf } from '../refusals.ts'
import type { ZoneMemory } from '../resolve/zone-memory.ts'
import type { HeldRecords } from '../store/held-records.ts'
import type { ReceivedRecords } from '../store/received-records.ts'
import type { Store } from '../store/store.ts'
import { Announcer } from './announcer.ts'
import { Fetcher } from './fetcher.ts'
import { type Gossip, MAX_TOPICS, type Reception } from './gossip.ts'
import { Meetings } from './meetings.ts'
import { Places } from './places.ts'
import type { Rendezvous } from './rendezvous.ts'
import { type Worth, receptionOf, worthOf } from './worth.ts'
import { topicOf } from './topic.ts'

/** Peers that are asked when a node begins to listen for a zone, or still has nothing of it; those who come later are asked as they come. */
const ASKED_AT_ONCE = 5

export interface PushContext {
  readonly gossip: Gossip
  /** Undefined where everybody is connected with everybody. */
  readonly rendezvous: Rendezvous | undefined
  readonly store: Store
  readonly held: HeldRecords
  /** What this node's DHT keeps for others, which may be more than its store has of a zone that it now follows. */
  readonly memory: ZoneMemory
  readonly received: ReceivedRecords
  readonly events: Pick<NodeEventEmitter, 'addEventListener' | 'emit'>
  readonly verifier: Verifier
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** A zone that a node listens for. */
interface Watch {
  readonly zoneId: ZoneId
  /** The record that this node said, or passed on, last. */
  passedOn: SignedRecord | undefined
}

/** What octets from a peer are worth, and the authentic record that they are. */
interface Taken {
  readonly worth: Worth
  readonly record: SignedRecord | undefined
}

/**
 * News of zones as their owners publish it (IPNS over PubSub). It brings news sooner, and everything works without it:
 * what it cannot do it says in the log, and nothing waits for it.
 */
export class Push {
  private readonly context: PushContext
  private readonly places = new Places(MAX_TOPICS)
  private readonly watches = new Map<string, Watch>()
  private readonly announcer: Announcer
  private readonly fetcher: Fetcher
  private readonly meetings: Meetings | undefined

  constructor(context: PushContext) {
    const { gossip, rendezvous, store, events, clock, random, logger } = context
    this.context = context
    this.announcer = new Announcer({ clock, random, say: async zoneId => this.say(zoneId) })
    const subscribers = (topic: string): number => gossip.subscribers(topic).length
    this.meetings = rendezvous && new Meetings({ rendezvous, clock, random, subscribers, logger })
    this.fetcher = new Fetcher({ clock, logger, ask: async (...given) => this.ask(...given) })
    gossip.listen({
      message: async (topic, data, from) => this.hear(topic, data, from),
      joined: (topic, peer) => {
        const watch = this.watches.get(topic)
        if (watch !== undefined) this.fetcher.want(peer, watch.zoneId)
      },
      lookup: async key => this.lookup(key),
    })
    // In whatever way it came: who listens may not have it yet.
    events.addEventListener('record', ({ detail }) => {
      this.announcer.learned(detail.record.zoneId)
    })
    events.addEventListener('followed', ({ detail: { zoneId, isFollowed } }) => {
      if (isFollowed) this.watch(zoneId)
      else if (!store.keepsAlive(zoneId)) this.unwatch(zoneId)
    })
  }

  /** Zones that this node listens for. */
  get watched(): number {
    return this.watches.size
  }

  /**
   * Listens for news of a zone, and asks those for it who listen already. Where it listens for as many as it can, a zone
   * that is not its own waits until there is room.
   */
  watch(zoneId: ZoneId, isOwn = false): void {
    const displaced = this.places.add(zoneId, isOwn)
    if (displaced !== undefined) this.leave(displaced)
    if (this.places.has(zoneId)) this.join(zoneId)
    const without = this.places.has(zoneId) ? displaced : zoneId
    if (without !== undefined)
      this.context.logger.warn(
        'news of a zone is not waited for: this node listens for as many as peers can remember',
        { zoneId: without, zones: MAX_TOPICS },
      )
  }

  unwatch(zoneId: ZoneId): void {
    const next = this.places.remove(zoneId)
    this.leave(zoneId)
    if (next !== undefined) this.join(next)
  }

  /** Its owner put a record here: everybody who listens hears of it. */
  published({ zoneId }: SignedRecord): void {
    this.watch(zoneId, true)
    this.announcer.published(zoneId)
    this.meetings?.needed(topicOf(zoneId))
  }

  /** Resolves when this node says and asks nothing any more. */
  async stop(): Promise<void> {
    await Promise.all([this.announcer.stop(), this.fetcher.stop(), this.meetings?.stop()])
  }

  private join(zoneId: ZoneId): void {
    const { gossip, logger } = this.context
    const topic = topicOf(zoneId)
    if (this.watches.has(topic)) return
    try {
      gossip.join(topic)
    } catch (error) {
      logger.warn('news of a zone is not waited for: the network does not run', {
        zoneId,
        problem: String(error),
      })
      return
    }
    this.watches.set(topic, { zoneId, passedOn: undefined })
    this.announcer.add(zoneId)
    this.meetings?.add(topic)
    this.askAround(zoneId)
  }

  private leave(zoneId: ZoneId): void {
    const topic = topicOf(zoneId)
    if (!this.watches.delete(topic)) return
    this.announcer.remove(zoneId)
    void this.meetings?.remove(topic)
    this.context.gossip.leave(topic)
  }

  private async hear(topic: string, data: Uint8Array, from: string): Promise<Reception> {
    const watch = this.watches.get(topic)
    if (watch === undefined) return 'ignore'
    const { zoneId } = watch
    const { worth, record } = await this.take(zoneId, data, { peer: from, way: 'news' })
    if (worth === 'older') this.announcer.heardOlder(zoneId)
    if (worth === 'news' || worth === 'known') this.announcer.heard(zoneId)
    const reception = receptionOf(worth, record !== undefined && isSame(record, watch.passedOn))
    if (reception === 'accept') watch.passedOn = record
    return reception
  }

  private askAround(zoneId: ZoneId): void {
    const peers = this.context.gossip.subscribers(topicOf(zoneId))
    for (const peer of peers.slice(0, ASKED_AT_ONCE)) this.fetcher.want(peer, zoneId)
  }

  private async ask(peer: string, zoneId: ZoneId, signal: AbortSignal): Promise<void> {
    const octets = await this.context.gossip.fetch(peer, routingKeyOf(zoneId), { signal })
    if (octets !== undefined) await this.take(zoneId, octets, { peer, way: 'answer' })
  }

  private async take(
    zoneId: ZoneId,
    octets: Uint8Array,
    from: Pick<Refusal, 'peer' | 'way'>,
  ): Promise<Taken> {
    const { held, received, events, verifier, clock } = this.context
    const now = clock.now()
    const known = (await held.get(zoneId, now))?.record
    // Most of what is said was said before, and need not be verified again for as long as it is valid.
    if (known !== undefined && !isOver(known, now) && Buffer.compare(known.bytes, octets) === 0)
      return { worth: 'known', record: known }
    const verdict = await verifyRecord(zoneId, octets, { verifier, now })
    if (verdict.kind !== 'valid') {
      const { error } = verdict
      events.emit('refused', { ...from, zoneId, reason: reasonOf(error), error })
      return { worth: verdict.kind, record: undefined }
    }
    const { record } = verdict
    const worth = await this.worth(verdict)
    // What contradicts the held record is evidence, even where it loses.
    const isRival = known !== undefined && isEquivocation(record, known)
    if (worth !== 'news' && !isRival) return { worth, record }
    const taken = await received.offer(record, from.peer)
    return { worth: taken ? worth : await this.worth(verdict), record }
  }

  private async lookup(key: Uint8Array): Promise<Uint8Array | undefined> {
    const zoneId = zoneIdOfRoutingKey(key)
    return zoneId === undefined || !this.watches.has(topicOf(zoneId))
      ? undefined
      : (await this.standing(zoneId))?.bytes
  }

  private async say(zoneId: ZoneId): Promise<void> {
    const { gossip, logger } = this.context
    const topic = topicOf(zoneId)
    try {
      const record = await this.standing(zoneId)
      const watch = this.watches.get(topic)
      if (watch === undefined) return
      if (record === undefined) return this.askAround(zoneId)
      watch.passedOn = record
      const recipients = await gossip.publish(topic, record.bytes)
      logger.debug('said what stands of a zone', { zoneId, recipients })
    } catch (error) {
      logger.debug('peers could not be told what stands of a zone', { zoneId, problem: String(error) })
    }
  }

  private async standing(zoneId: ZoneId): Promise<SignedRecord | undefined> {
    const now = this.context.clock.now()
    const { record } = await this.best(zoneId)
    return record === undefined || isOver(record, now) ? undefined : record
  }

  private async worth(verdict: Verdict & { readonly record: SignedRecord }): Promise<Worth> {
    const { record, floor } = await this.best(verdict.record.zoneId)
    return worthOf(verdict, record, floor)
  }

  private async best(zoneId: ZoneId): Promise<{ record: SignedRecord | undefined; floor: number }> {
    const { held, memory, store, clock } = this.context
    const stored = (await held.get(zoneId, clock.now()))?.record
    const { newer, floor } = await memory.remembered(zoneId, stored)
    return { record: newer ?? stored, floor: Math.max(floor, (await store.floor(zoneId)) ?? 0) }
  }
}

function isOver(record: SignedRecord, now: number): boolean {
  return freshnessOf(record, now, now) === 'expired'
}

function isSame(record: SignedRecord, other: SignedRecord | undefined): boolean {
  return other !== undefined && compareRecords(record, other) === 0
}
