import type { ZoneId } from '@signpost/core'
import { Allowances, type Rate } from './allowances.ts'
import { type Clock, deadlineSignal } from '../clock.ts'
import type { Logger } from '../logger.ts'

/** Milliseconds that a peer has to answer; helia's limit. */
const DEADLINE = 2_500
/** Fetches under way in all, and of one peer, which may not answer. */
const AT_A_TIME = 8
const AT_A_TIME_OF_ONE = 2
/** What a peer can make this node ask for by coming and going: all zones once, and then as good as none. */
const ASKED: Rate = { burst: 1_000, perSecond: 5 }

export interface FetcherContext {
  readonly clock: Clock
  /** Asks a peer for a zone's record and takes in what it gives. Rejects where the peer does not answer. */
  readonly ask: (peer: string, zoneId: ZoneId, signal: AbortSignal) => Promise<void>
  readonly logger: Logger
}

interface Turn {
  readonly waiting: Set<ZoneId>
  running: number
}

/** Asks peers for the records that they hold, a few at a time; each peer waits for itself alone. */
export class Fetcher {
  private readonly context: FetcherContext
  private readonly turns = new Map<string, Turn>()
  private readonly allowances = new Allowances(ASKED)
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<void>>()

  constructor(context: FetcherContext) {
    this.context = context
  }

  want(peer: string, zoneId: ZoneId): void {
    if (this.stopping.signal.aborted) return
    const turn = this.turns.get(peer) ?? { waiting: new Set(), running: 0 }
    if (turn.waiting.has(zoneId) || !this.allowances.take(peer, this.context.clock.now())) return
    turn.waiting.add(zoneId)
    this.turns.set(peer, turn)
    this.next()
  }

  /** Ends what is under way, and resolves when nothing is. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the node is stopping'))
    this.turns.clear()
    await Promise.all(this.running)
  }

  private next(): void {
    for (const [peer, turn] of this.turns) {
      if (this.running.size >= AT_A_TIME) return
      const zoneId = turn.waiting.values().next().value
      if (zoneId === undefined || turn.running >= AT_A_TIME_OF_ONE) continue
      turn.waiting.delete(zoneId)
      turn.running++
      // Behind the others, so that who wants much keeps nobody waiting.
      this.turns.delete(peer)
      this.turns.set(peer, turn)
      const asking = this.ask(peer, zoneId, turn).finally(() => {
        this.running.delete(asking)
        if (!this.stopping.signal.aborted) this.next()
      })
      this.running.add(asking)
    }
  }

  private async ask(peer: string, zoneId: ZoneId, turn: Turn): Promise<void> {
    const { clock, ask, logger } = this.context
    const deadline = deadlineSignal(clock, DEADLINE, () => new Error('the peer did not answer in time'))
    try {
      await ask(peer, zoneId, AbortSignal.any([deadline.signal, this.stopping.signal]))
    } catch (error) {
      // It will not answer the rest either. What it has goes round as a message sooner or later.
      turn.waiting.clear()
      logger.debug('a peer did not say what it has of a zone', { zoneId, peer, problem: String(error) })
    } finally {
      deadline.cancel()
      turn.running--
      if (turn.running === 0 && turn.waiting.size === 0) this.turns.delete(peer)
    }
  }
}
