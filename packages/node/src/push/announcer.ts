import type { ZoneId } from '@signpost/core'
import type { Clock } from '../clock.ts'

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

interface Turn {
  due: number
  said: number
}

/** Decides when this node says what stands of its zones: one message after the other, and as few as will do. */
export class Announcer {
  private readonly context: AnnouncerContext
  private readonly turns = new Map<ZoneId, Turn>()
  private cancel: (() => void) | undefined
  private saying: Promise<void> | undefined
  private quietUntil = 0
  private stopped = false

  constructor(context: AnnouncerContext) {
    this.context = context
  }

  add(zoneId: ZoneId): void {
    if (this.turns.has(zoneId)) return
    this.turns.set(zoneId, { due: this.later(), said: -Infinity })
    this.schedule()
  }

  remove(zoneId: ZoneId): void {
    this.turns.delete(zoneId)
    this.schedule()
  }

  /** Its owner published it here. */
  published(zoneId: ZoneId): void {
    this.sooner(zoneId, this.context.clock.now())
  }

  /** It came from elsewhere than the topic, so that who listens may not have it yet. */
  learned(zoneId: ZoneId): void {
    this.sooner(zoneId, this.context.clock.now() + this.context.random() * SOON)
  }

  /** Somebody said in the topic what stands. */
  heard(zoneId: ZoneId): void {
    const turn = this.turns.get(zoneId)
    if (turn === undefined || turn.due <= this.context.clock.now()) return
    turn.due = this.later()
    this.schedule()
  }

  /** Somebody said in the topic what the owner has replaced. */
  heardOlder(zoneId: ZoneId): void {
    const { clock, random } = this.context
    const turn = this.turns.get(zoneId)
    if (turn !== undefined)
      this.sooner(zoneId, Math.max(clock.now() + random() * SOON, turn.said + REPLY_PAUSE))
  }

  /** Says nothing more, and resolves when nothing is being said. */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancel?.()
    await this.saying
  }

  private later(): number {
    const { clock, random } = this.context
    return clock.now() + REPEAT * (0.5 + random())
  }

  private sooner(zoneId: ZoneId, due: number): void {
    const turn = this.turns.get(zoneId)
    if (turn === undefined) return
    turn.due = Math.min(turn.due, due)
    this.schedule()
  }

  private schedule(): void {
    this.cancel?.()
    this.cancel = undefined
    if (this.stopped || this.saying !== undefined || this.turns.size === 0) return
    const { clock } = this.context
    let due = Infinity
    for (const turn of this.turns.values()) due = Math.min(due, turn.due)
    this.cancel = clock.after(Math.max(0, due - clock.now(), this.quietUntil - clock.now()), () => {
      this.saying = this.sayNext().finally(() => {
        this.saying = undefined
        this.schedule()
      })
    })
  }

  private async sayNext(): Promise<void> {
    const { clock, say } = this.context
    const now = clock.now()
    let next: { readonly zoneId: ZoneId; readonly turn: Turn } | undefined
    for (const [zoneId, turn] of this.turns)
      if (turn.due <= now && (next === undefined || turn.due < next.turn.due)) next = { zoneId, turn }
    if (next === undefined) return
    next.turn.due = this.later()
    next.turn.said = now
    await say(next.zoneId)
    this.quietUntil = clock.now() + PAUSE
  }
}
