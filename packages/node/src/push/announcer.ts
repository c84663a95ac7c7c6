import type { ZoneId } from '@signpost/core'
import { type Clock, SteadyClock } from '../clock.ts'
import { Turns } from './turns.ts'

/**
 * Milliseconds between two messages of this node, whatever their topics. kubo checks messages side by side and drops
 * those of an author that it happens to finish after a later one: of a hundred at once it took four to fifteen.
 */
const PAUSE = 25
/** Milliseconds within which news that came another way is said here too, unless somebody else does so before. */
const SOON = 250
/** Milliseconds for which old news makes this node say again what stands, once. */
const REPLY_PAUSE = 10_000
/**
 * Milliseconds from the start until this node says what it has of a zone for the first time, half as much or as much
 * again: who has something newer, and was not heard before, says so then.
 */
const FIRST = 30_000
/**
 * Milliseconds after which a record is said again that nobody else said meanwhile, for those who missed it. Half as
 * much or as much again, so that a single one of all who listen says it.
 */
const REPEAT = 600_000

export interface AnnouncerContext {
  readonly clock: Clock
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  /** Says what stands of a zone. Handles its own errors. */
  readonly say: (zoneId: ZoneId) => Promise<void>
}

/** Decides when this node says what stands of its zones: one message after the other, and as few as will do. */
export class Announcer {
  private readonly context: AnnouncerContext
  private readonly clock: SteadyClock
  private readonly turns: Turns<ZoneId>
  /** When each zone was said last, in milliseconds of the steady clock. */
  private readonly said = new Map<ZoneId, number>()

  constructor(context: AnnouncerContext) {
    const clock = new SteadyClock(context.clock)
    this.context = context
    this.clock = clock
    this.turns = new Turns({
      clock,
      pause: PAUSE,
      run: async zoneId => {
        this.said.set(zoneId, clock.now())
        this.turns.set(zoneId, this.within(REPEAT))
        await context.say(zoneId)
      },
    })
  }

  add(zoneId: ZoneId): void {
    if (this.said.has(zoneId)) return
    this.said.set(zoneId, -Infinity)
    this.turns.set(zoneId, this.within(FIRST))
  }

  remove(zoneId: ZoneId): void {
    this.said.delete(zoneId)
    this.turns.delete(zoneId)
  }

  /** Its owner published it here: before anything else that is due. */
  published(zoneId: ZoneId): void {
    if (this.said.has(zoneId)) this.turns.hurry(zoneId)
  }

  /** It came from elsewhere than the topic, so that who listens may not have it yet. */
  learned(zoneId: ZoneId): void {
    this.sooner(zoneId, this.soon())
  }

  /** Somebody said in the topic what stands. */
  heard(zoneId: ZoneId): void {
    const due = this.turns.dueOf(zoneId)
    if (due !== undefined && due > this.clock.now()) this.turns.set(zoneId, this.within(REPEAT))
  }

  /** Somebody said in the topic what the owner has replaced. */
  heardOlder(zoneId: ZoneId): void {
    const said = this.said.get(zoneId)
    if (said !== undefined) this.sooner(zoneId, Math.max(this.soon(), said + REPLY_PAUSE))
  }

  /** Says nothing more, and resolves when nothing is being said. */
  async stop(): Promise<void> {
    await this.turns.stop()
  }

  private soon(): number {
    return this.clock.now() + this.context.random() * SOON
  }

  private within(delay: number): number {
    return this.clock.now() + delay * (0.5 + this.context.random())
  }

  private sooner(zoneId: ZoneId, due: number): void {
    const before = this.turns.dueOf(zoneId)
    if (before !== undefined && due < before) this.turns.set(zoneId, due)
  }
}
