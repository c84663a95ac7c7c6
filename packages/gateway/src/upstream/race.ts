import type { Message } from '@signpost/dns'
import type { ExchangeResult } from './exchange.ts'
import { type AskFailure, failed, failureOf, isBogus } from './failure.ts'
import type { Health } from './health.ts'
import { usableReply } from './inquiry.ts'
import { type Upstream, printUpstream } from './upstream.ts'

export type RaceResult =
  | { readonly kind: 'reply'; readonly message: Message; readonly server: Upstream }
  | AskFailure

export interface RaceParts {
  readonly health: Health
  /** Asks one server, in so many milliseconds at most. */
  readonly attempt: (server: Upstream, timeout: number) => Promise<ExchangeResult>
  /** Asks a server a question of this gateway's own, and tells `health` what comes of it. */
  readonly probe: (server: Upstream) => void
  /** Whether one more request may go out besides those that take the place of others. */
  readonly hasRoom: () => boolean
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Milliseconds for one try, and for all of them. */
  readonly tryFor: number
  readonly totalFor: number
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Whether a server may be asked only to learn how it is. */
  readonly measure: boolean
}

/**
 * Asks servers the same until one gives a usable reply: the best one first, the next one as soon as that has failed or
 * takes longer than usual, whatever has no answer to that once more. Requests that are overtaken run to their end, so
 * that it is known how their servers are.
 */
export function race(servers: readonly Upstream[], parts: RaceParts): Promise<RaceResult> {
  return new Promise((resolve, reject) => {
    new Race(servers, parts, resolve, reject).start()
  })
}

interface Attempt {
  readonly server: Upstream
  readonly name: string
  readonly sentAt: number
  readonly timeout: number
  /** To learn how the server is. */
  readonly isTrial: boolean
}

/** A request whose reply was of no use. */
interface Unhelpful extends Attempt {
  readonly at: number
  readonly isBogus: boolean
}

class Race {
  private readonly parts: RaceParts
  private readonly servers: ReadonlyMap<string, Upstream>
  private readonly resolve: (result: RaceResult) => void
  private readonly reject: (error: unknown) => void
  private readonly deadline: number
  private readonly again = new Set<string>()
  private readonly unhelpful: Unhelpful[] = []
  private queue: string[] = []
  private out = 0
  private patience: NodeJS.Timeout | undefined
  /** The request whose reply is not late yet. */
  private awaited: Attempt | undefined
  private failure: AskFailure
  /** The failure is what a server said, not that one said nothing. */
  private isSaid = false
  private isAnswered = false
  private over = false

  constructor(
    servers: readonly Upstream[],
    parts: RaceParts,
    resolve: (result: RaceResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.parts = parts
    this.servers = new Map(servers.map(server => [printUpstream(server), server]))
    this.resolve = resolve
    this.reject = reject
    this.deadline = parts.now() + parts.totalFor
    const names = [...this.servers.keys()].join(', ')
    this.failure = failed(
      servers.length === 0 ? 'there is no server to ask' : `no answer came lately from ${names}; ask again`,
    )
  }

  start(): void {
    const { health, now, measure, hasRoom } = this.parts
    const plan = health.plan([...this.servers.keys()], now(), measure && hasRoom())
    this.queue = [...plan.order]
    for (const name of plan.alongside) this.launch(name, true)
    for (const name of plan.probed) this.parts.probe(this.servers.get(name) as Upstream)
    this.goOn()
  }

  /** Asks the next server; where there is none and nothing is out, it is over. */
  private goOn(): void {
    const name = this.queue.shift()
    const attempt = name === undefined ? undefined : this.launch(name)
    if (attempt !== undefined) this.beImpatient(attempt)
    else if (this.out === 0) this.end(this.failure)
  }

  private launch(name: string, isTrial = false): Attempt | undefined {
    const { now, tryFor, signal } = this.parts
    const server = this.servers.get(name)
    const sentAt = now()
    const timeout = Math.min(tryFor, this.deadline - sentAt)
    if (server === undefined || timeout <= 0 || signal.aborted) return undefined
    const attempt = { server, name, sentAt, timeout, isTrial }
    this.out++
    void this.run(attempt)
    return attempt
  }

  private async run(attempt: Attempt): Promise<void> {
    try {
      const result = await this.parts.attempt(attempt.server, attempt.timeout)
      this.out--
      this.finish(attempt, result)
    } catch (error) {
      this.over = true
      this.stopWaiting()
      this.reject(error)
    }
  }

  private beImpatient(attempt: Attempt): void {
    this.stopWaiting()
    this.awaited = attempt
    this.patience = setTimeout(() => {
      // Where this process is late itself, the reply may be here already: what has come is read first.
      setImmediate(() => {
        if (this.awaited === attempt) this.goOnWithout(attempt)
      })
    }, this.parts.health.patience(attempt.name))
  }

  private goOnWithout({ name, sentAt }: Attempt): void {
    const { health, now, hasRoom } = this.parts
    this.awaited = undefined
    health.late(name, sentAt, now())
    this.repeatLater(name)
    if (hasRoom()) this.goOn()
  }

  private stopWaiting(): void {
    clearTimeout(this.patience)
    this.awaited = undefined
  }

  /** One lost packet is not the end. */
  private repeatLater(name: string): void {
    if (this.again.has(name)) return
    this.again.add(name)
    this.queue.push(name)
  }

  private finish(attempt: Attempt, result: ExchangeResult): void {
    const { health, now, signal } = this.parts
    const { name, sentAt } = attempt
    const message = usableReply(result)
    if (message !== undefined) {
      health.replied(name, sentAt, now())
      this.isAnswered = true
      this.end({ kind: 'reply', message, server: attempt.server })
    } else if (signal.aborted) {
      this.end(this.failure)
    } else {
      const failure = failureOf(attempt.server, result)
      if (result.kind === 'reply') this.unhelpful.push({ ...attempt, at: now(), isBogus: isBogus(failure) })
      // One that had no time to answer, for want of time for the question, did nothing wrong.
      else if (result.kind === 'unreachable' || attempt.timeout >= health.patience(name))
        health.failed(name, sentAt, now())
      if (this.over) this.judgeUnhelpful()
      else this.goOnAfter(attempt, result, failure)
    }
  }

  private goOnAfter(attempt: Attempt, result: ExchangeResult, failure: AskFailure): void {
    const { name } = attempt
    if (result.kind === 'reply' || !this.isSaid) this.failure = failure
    this.isSaid ||= result.kind === 'reply'
    if (isBogus(failure) && this.parts.health.believesBogus(name)) {
      this.end(failure)
      return
    }
    if (result.kind !== 'silence') this.queue = this.queue.filter(next => next !== name)
    else if (!attempt.isTrial) this.repeatLater(name)
    if (this.awaited === attempt) this.stopWaiting()
    // While somebody else is waited for with good reason, the next one is not asked.
    if (this.awaited === undefined) this.goOn()
  }

  private end(result: RaceResult): void {
    if (this.over) return
    this.over = true
    this.stopWaiting()
    this.judgeUnhelpful()
    this.resolve(result)
  }

  /** A refusal is a server's fault only where another one had an answer. */
  private judgeUnhelpful(): void {
    const { health } = this.parts
    for (const { name, sentAt, at, isBogus: bogus } of this.unhelpful.splice(0))
      if (this.isAnswered) health.failed(name, sentAt, at)
      else health.replied(name, sentAt, at, bogus)
  }
}
