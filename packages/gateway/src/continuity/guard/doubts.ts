import { printRrType } from '@signpost/dns'
import type { Limits } from '../../limits.ts'
import type { DoubtReport, GuardEvent, GuardStats } from './event.ts'
import type { Doubt, Moment } from './judgement.ts'
import type { Known } from './known-answers.ts'
import type { KnownStore } from './known-store.ts'
import type { Schedule } from './schedule.ts'

export interface DoubtsParts {
  readonly limits: Pick<Limits, 'guardPatience' | 'guardPace'>
  readonly now: () => Moment
  readonly disk: KnownStore
  readonly schedule: Schedule
  readonly onEvent: (event: GuardEvent) => void
}

/** How many times as long as the first pause between two looks the longest one is. */
const LONGEST_PACE = 10

/** The doubts that stand, and when the upstreams are asked again about each. */
export class Doubts {
  private readonly parts: DoubtsParts
  private readonly standing = new Set<Known>()
  private began = 0
  private ended = 0
  private accepted = 0

  constructor(parts: DoubtsParts) {
    this.parts = parts
  }

  /** A doubt begins, or goes on. */
  hold(known: Known, doubt: Doubt, isAskedFor: boolean): void {
    const before = known.doubt
    known.doubt = doubt
    known.isWanted ||= isAskedFor
    this.parts.disk.writeDoubt(known, doubt)
    if (before === undefined || (before.trouble === 'failed' && doubt.trouble !== 'failed')) {
      this.began++
      this.tell('doubt-began', known, doubt)
    }
    if (before === undefined) this.beginToAsk(known)
  }

  /** A doubt of an earlier process goes on. A failure may be over by now: it is asked about when somebody asks. */
  takeUp(known: Known): void {
    if (known.doubt === undefined) return
    this.beginToAsk(known)
    if (known.doubt.trouble !== 'failed') return
    known.nextAt = -Infinity
    this.parts.schedule.delete(known.key)
  }

  /** A client wants the answer. */
  want(known: Known): void {
    const { schedule, now } = this.parts
    known.isWanted = true
    if (!schedule.has(known.key)) schedule.set(known.key, Math.max(now().steady, known.nextAt))
  }

  /** The upstreams were asked. */
  goOn(known: Known): void {
    const { limits, now, schedule } = this.parts
    known.pace = Math.min(2 * known.pace, LONGEST_PACE * limits.guardPace * 1000)
    known.nextAt = now().steady + known.pace
    // A failure proves nothing however long it lasts, so where nobody wants the answer nobody is asked for it.
    if (known.doubt?.trouble === 'failed' && !known.isWanted) return
    schedule.set(known.key, known.nextAt)
  }

  /** There is a good answer again. */
  end(known: Known): void {
    const { doubt } = known
    if (doubt === undefined) return
    this.clear(known)
    this.ended++
    this.tell('doubt-ended', known, doubt)
  }

  /** What was in doubt is true. */
  accept(known: Known, by: NonNullable<GuardEvent['by']>): void {
    const { doubt } = known
    if (doubt === undefined) return
    this.clear(known)
    this.accepted++
    this.tell('accepted', known, doubt, by)
  }

  /** Ends a doubt that is of no interest any more. */
  clear(known: Known): void {
    known.doubt = undefined
    this.standing.delete(known)
    this.parts.disk.deleteDoubt(known)
    this.parts.schedule.delete(known.key)
  }

  /** The oldest first. */
  reports(): DoubtReport[] {
    const patience = this.parts.limits.guardPatience * 1000
    return [...this.standing]
      .flatMap(({ question, doubt }) => (doubt === undefined ? [] : [{ question, doubt }]))
      .map(({ question, doubt: { trouble, since, standing } }) => ({
        ...nameOf(question),
        trouble,
        since,
        ...(trouble === 'failed' ? {} : { left: Math.max(0, patience - standing) }),
      }))
      .toSorted((some, other) => some.since - other.since)
  }

  stats(): Pick<GuardStats, 'doubts' | 'began' | 'ended' | 'accepted'> {
    const doubts = { failed: 0, 'no-name': 0, 'no-data': 0, bogus: 0 }
    for (const { doubt } of this.standing) if (doubt !== undefined) doubts[doubt.trouble]++
    const { began, ended, accepted } = this
    return { doubts, began, ended, accepted }
  }

  private beginToAsk(known: Known): void {
    const { limits, now, schedule } = this.parts
    this.standing.add(known)
    known.pace = limits.guardPace * 1000
    known.nextAt = now().steady + known.pace
    schedule.set(known.key, known.nextAt)
  }

  private tell(
    kind: GuardEvent['kind'],
    { question }: Known,
    { trouble, since }: Doubt,
    by?: GuardEvent['by'],
  ): void {
    this.parts.onEvent({ kind, ...nameOf(question), trouble, since, ...(by === undefined ? {} : { by }) })
  }
}

function nameOf({ name, type }: Known['question']): { readonly name: string; readonly type: string } {
  return { name: name.toString(), type: printRrType(type) }
}
