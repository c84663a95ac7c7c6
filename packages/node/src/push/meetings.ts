import { type Clock, SteadyClock, deadlineSignal } from '../clock.ts'
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
/** Milliseconds that a search, or to be found, may take; a slow public network takes eleven seconds. */
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
  private readonly clock: SteadyClock
  /** What ends the meeting of a topic, for each topic that is wanted. */
  private readonly leaving = new Map<string, AbortController>()
  private readonly ending = new Set<Promise<void>>()
  private readonly stopping = new AbortController()

  constructor(context: MeetingsContext) {
    const { random } = context
    const clock = new SteadyClock(context.clock)
    this.context = context
    this.clock = clock
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
    this.leaving.set(topic, new AbortController())
    this.turns.set(topic, this.clock.now() + FIRST)
  }

  async remove(topic: string): Promise<void> {
    this.leaving.get(topic)?.abort(new Error('nobody here listens in the topic any more'))
    this.leaving.delete(topic)
    this.turns.delete(topic)
    // Also where another run of this node said it: the DHT remembers.
    await this.beFoundNoMore(topic)
  }

  /** There is something to say in a topic: where nobody listens, others are looked for before those of other topics. */
  needed(topic: string): void {
    if (this.leaving.has(topic) && this.context.subscribers(topic) === 0) this.turns.hurry(topic)
  }

  /** Ends what is under way, and resolves when nothing is. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the node is stopping'))
    await Promise.all([this.turns.stop(), ...this.ending])
  }

  private async hold(topic: string): Promise<void> {
    const { rendezvous, subscribers, logger } = this.context
    const leaving = this.leaving.get(topic)
    if (leaving === undefined) return
    const deadline = deadlineSignal(this.clock, DEADLINE, () => new Error('it took too long'))
    const signal = AbortSignal.any([deadline.signal, this.stopping.signal, leaving.signal])
    const missing = ENOUGH - subscribers(topic)
    // Side by side, so that a search for which there is never time enough does not keep this node hidden.
    const ends = await Promise.allSettled([
      rendezvous.beFound(topic, { signal }),
      missing > 0 ? rendezvous.meet(topic, missing, { signal }) : undefined,
    ])
    deadline.cancel()
    for (const end of ends)
      if (end.status === 'rejected')
        logger.debug('those who listen in a topic were not found, or not told', {
          topic,
          problem: String(end.reason),
        })
    // It may have been said after it was taken back.
    if (!this.leaving.has(topic)) await this.beFoundNoMore(topic)
  }

  private async beFoundNoMore(topic: string): Promise<void> {
    const { rendezvous, logger } = this.context
    const ending = rendezvous.beFoundNoMore(topic).catch((error: unknown) => {
      logger.debug('others still find this node by a topic', { topic, problem: String(error) })
    })
    this.ending.add(ending)
    await ending
    this.ending.delete(ending)
  }
}
