import type { ZoneId } from '@signpost/core'
import { type Name, parseName } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import { RecentMap } from '../../abuse/recent-map.ts'
import type { Limits } from '../../limits.ts'
import { Schedule } from '../guard/schedule.ts'
import { type PinDecision, type Sighting, decide } from './decide.ts'
import { type KnownPins, printDomain } from './known-pins.ts'
import { registrableDomain } from './registrable-domain.ts'

export interface LearnerParts {
  readonly pins: KnownPins
  readonly limits: Pick<Limits, 'pinPace' | 'guardProof'>
  /** `steady`: milliseconds of a clock that never goes back. `time`: milliseconds since the epoch. */
  readonly now: () => { readonly steady: number; readonly time: number }
  /** Looks at what a domain says. */
  readonly look: (domain: Name, isKnown: boolean, signal: AbortSignal) => Promise<Sighting>
  /** The zone that a zone names as the one that follows it; undefined where it names none, or cannot be had. */
  readonly successorOf: (zoneId: ZoneId, signal: AbortSignal) => Promise<ZoneId | undefined>
  /** Sees to it that a zone is at hand when it is needed. */
  readonly keep: (zoneId: ZoneId, signal: AbortSignal) => Promise<void>
  readonly logger: Logger | undefined
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Domains that are looked at, and zones that are fetched, at once. */
const AT_ONCE = 4
/** What waits for that; more is left until it is noticed again. */
const MOST_WAITING = 200
/** Domains and zones that are remembered for having been looked at lately. */
const REMEMBERED = 40_000
/** Milliseconds for one look, all proofs included. */
const LOOK_TIME = 15_000

/** Learns pins of domains behind the answers about their names, each domain once a day, few at a time. */
export class Learner {
  private readonly parts: LearnerParts
  private readonly lookedAt = new RecentMap<number>(REMEMBERED)
  private readonly waiting = new Map<string, () => Promise<void>>()
  private readonly again: Schedule
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<void>>()
  private isFull = false

  constructor(parts: LearnerParts) {
    this.parts = parts
    this.again = new Schedule({
      steady: () => parts.now().steady,
      // A look of its own is no matter of a client's pace.
      run: async text => {
        this.enqueue(text, async () => this.lookAt(parseName(text)))
      },
    })
  }

  /** There was an answer about a name. */
  noticed(name: Name): void {
    const domain = registrableDomain(name)
    if (domain === undefined) return
    const text = printDomain(domain)
    this.onceInAWhile(text, async () => this.lookAt(domain))
  }

  /** A zone stands in for a domain whose names are asked for. */
  keep(zoneId: ZoneId): void {
    this.onceInAWhile(zoneId, async signal => this.parts.keep(zoneId, signal))
  }

  /** The next time that a domain is noticed it is looked at, however short it is since the last time. */
  forget(domain: Name): void {
    const text = printDomain(domain)
    this.lookedAt.add(text, -Infinity)
    this.again.delete(text)
  }

  /** Whether a domain is looked at, or a zone asked for, at this moment. */
  get isBusy(): boolean {
    return this.running.size > 0
  }

  /** Looks at nothing any more. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.stopping.abort(new Error('the gateway is stopping'))
    this.again.close()
    this.waiting.clear()
    await Promise.all(this.running)
  }

  private onceInAWhile(key: string, work: (signal: AbortSignal) => Promise<void>): void {
    const { steady } = this.parts.now()
    if (steady - (this.lookedAt.get(key) ?? -Infinity) < this.parts.limits.pinPace * 1000) return
    if (this.enqueue(key, async () => work(this.stopping.signal))) this.lookedAt.add(key, steady)
  }

  private enqueue(key: string, work: () => Promise<void>): boolean {
    if (this.stopping.signal.aborted || (this.waiting.size >= MOST_WAITING && !this.waiting.has(key)))
      return false
    this.waiting.set(key, work)
    this.next()
    return true
  }

  private next(): void {
    for (const [key, work] of this.waiting) {
      if (this.running.size >= AT_ONCE) return
      this.waiting.delete(key)
      const run = this.run(work).finally(() => {
        this.running.delete(run)
        this.next()
      })
      this.running.add(run)
    }
  }

  private async run(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.stopping.signal.aborted) this.parts.onError(error)
    }
  }

  private async lookAt(domain: Name): Promise<void> {
    const { pins, limits, now, look, successorOf } = this.parts
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(LOOK_TIME)])
    const isKnown = pins.learnedOf(domain) !== undefined || pins.candidateOf(domain) !== undefined
    const sighting = await look(domain, isKnown, signal)
    const before = pins.learnedOf(domain)
    const successor = isAnother(sighting, before?.zoneId)
      ? await successorOf(before.zoneId, signal)
      : undefined
    if (this.stopping.signal.aborted) return
    // Meanwhile the user may have had a say.
    if (pins.learnedOf(domain) !== before) return
    const decision = decide({
      pin: before,
      candidate: pins.candidateOf(domain),
      sighting,
      successor,
      now: now(),
      proof: limits.guardProof * 1000,
    })
    this.conclude(domain, sighting, decision)
  }

  private conclude(domain: Name, sighting: Sighting, { pin, candidate, news }: PinDecision): void {
    const { pins, limits, now } = this.parts
    const hasRoom = pins.learn(domain, pin, candidate)
    this.tell(domain, sighting, hasRoom ? { pin, candidate, ...(news && { news }) } : undefined)
    if (hasRoom && pin !== undefined) this.keep(pin.zoneId)
    // Whether it stays as it is shows soon: an attacker's minute is over by then.
    if (candidate !== undefined || news === 'conflict')
      this.again.set(printDomain(domain), now().steady + limits.guardProof * 1000)
  }

  private tell(domain: Name, sighting: Sighting, decision: PinDecision | undefined): void {
    const { logger } = this.parts
    const about = { domain: printDomain(domain) }
    if (decision === undefined) {
      if (!this.isFull)
        logger?.warn(
          'there are as many pins as are kept, so new ones are not learned; raise limits.pinnedDomains',
          about,
        )
      this.isFull = true
      return
    }
    const { pin, news } = decision
    const known = pin && { ...about, zone: pin.zoneId, by: pin.by }
    switch (news) {
      case undefined:
        if (sighting.kind === 'nothing')
          logger?.debug('a domain was looked at for a pin', { ...about, ...sighting })
        break
      case 'pinned':
        logger?.info('a domain has pinned a zone, which stands in for it from now on', known)
        break
      case 'moved':
        logger?.info('a domain has pinned another zone', known)
        break
      case 'removed':
        logger?.info('a domain has taken its pin away, as DNSSEC proves', about)
        break
      case 'conflict':
        logger?.warn(
          `a domain names another zone than it is pinned to, and nothing proves that it may; if you know that it is right: signpost pin accept ${about.domain}`,
          { ...known, named: pin?.conflict?.zoneId },
        )
        break
      case 'unclear':
        logger?.warn('a domain has a pin that is of no use', {
          ...about,
          ...(sighting.kind === 'seen' && sighting.word.kind === 'unclear'
            ? { problem: sighting.word.problem }
            : {}),
        })
        break
    }
  }
}

/** Whether an unsigned domain names another zone than it is pinned to. */
function isAnother(sighting: Sighting, pinned: ZoneId | undefined): pinned is ZoneId {
  return (
    pinned !== undefined &&
    sighting.kind === 'seen' &&
    sighting.by === 'first-use' &&
    sighting.word.kind === 'zone' &&
    sighting.word.zoneId !== pinned
  )
}
