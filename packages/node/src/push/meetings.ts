import { type Clock, deadlineSignal } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Rendezvous } from './rendezvous.ts'
import { Turns } from './turns.ts'

/** Peers of a topic that are enough to hear of everything; gossipsub's own lower limit of its mesh is four. */
const ENOUGH = 4
/** Milliseconds from joining a topic until others are looked for: most often they are connected already. */
const FIRST = 1_000
/** Milliseconds until others are looked for again, half as much or as much again. */
const AGAIN = 3_600_000
/** Milliseconds between two searches: they are lookups in the DHT, and nothing waits for them. */
const PAUSE = 1_000
/** Milliseconds that a search may take; a slow public network takes eleven seconds. */
const DEADLINE = 20_000

export interface MeetingsContext {
  readonly rendezvous: Rendezvous
  readonly clock: Clock
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  /** Connected peers that listen in a topic. */
  readonly subscribers: (topic: string) => number
  readonly logger: Logger
}

/** Brings this node together with those who listen in its topics, one topic after the other. */
export class Meetings {
  private readonly context: MeetingsContext
  private readonly turns: Turns<string>
  private readonly found = new Set<string>()
  private readonly stopping = new AbortController()

  constructor(context: MeetingsContext) {
    const { clock, random } = context
    this.context = context
    this.turns = new Turns({
      clock,
      pause: PAUSE,
      run: async topic => {
        this.turns.set(topic, clock.now() + AGAIN * (0.5 + random()))
        await this.hold(topic)
      },
    })
  }

  add(topic: string): void {
    this.turns.set(topic, this.context.clock.now() + FIRST)
  }

  async remove(topic: string): Promise<void> {
    const { rendezvous, logger } = this.context
    this.turns.delete(topic)
    this.found.delete(topic)
    try {
      // Also where another run of this node said it: the DHT remembers.
      await rendezvous.beFoundNoMore(topic)
    } catch (error) {
      logger.debug('others still find this node by a topic', { topic, problem: String(error) })
    }
  }

  /** There is something to say in a topic: where nobody listens, others are looked for now. */
  needed(topic: string): void {
    if (this.context.subscribers(topic) === 0) this.turns.set(topic, this.context.clock.now())
  }

  /** Ends what is under way, and resolves when nothing is. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the node is stopping'))
    await this.turns.stop()
  }

  private async hold(topic: string): Promise<void> {
    const { rendezvous, clock, subscribers, logger } = this.context
    const deadline = deadlineSignal(clock, DEADLINE, () => new Error('the search took too long'))
    const signal = AbortSignal.any([deadline.signal, this.stopping.signal])
    try {
      const missing = ENOUGH - subscribers(topic)
      if (missing > 0) await rendezvous.meet(topic, missing, { signal })
      // The DHT renews it by itself.
      if (!this.found.has(topic) && (await rendezvous.beFound(topic, { signal })) > 0) this.found.add(topic)
    } catch (error) {
      logger.debug('those who listen in a topic were not found', { topic, problem: String(error) })
    } finally {
      deadline.cancel()
    }
  }
}
