import type { Question } from '@signpost/dns'
import type { Awaitable } from '../handler.ts'
import { type Found, type Outcome, isFailure, isFound } from '../outcome.ts'
import type { Query } from '../query.ts'
import type { Guarding, Settled, StandingDoubt } from './guard/guarding.ts'
import type { OwnerZones } from './pins/owner-zones.ts'
import { standIn } from './stand-in.ts'
import { type Trouble, describeTrouble, isDenial, isSaid } from './trouble.ts'
import { within } from './within.ts'
import type { Witnesses } from './witnesses/witnesses.ts'

/** What can answer where ordinary DNS fails. Each is optional. */
export interface ContinuityParts {
  readonly guard?: Guarding
  readonly owners?: OwnerZones
  readonly witnesses?: Witnesses
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Answers that were given in the place of those of ordinary DNS. */
export interface StandInCounts {
  readonly owners: number
  readonly lastGood: number
  readonly witnesses: number
}

/** Milliseconds that an owner's zone is waited for where there is another answer to give. */
const OWNER_WAIT = 1000

/** Answering for ordinary names when ordinary DNS fails: who is asked, in which order. */
export class Continuity {
  private readonly parts: ContinuityParts
  private readonly given = { owners: 0, lastGood: 0, witnesses: 0 }

  constructor(parts: ContinuityParts) {
    this.parts = parts
  }

  get counts(): StandInCounts {
    return { ...this.given }
  }

  /** Whether there is anything to do about a question but to pass it on. */
  concerns(question: Question): boolean {
    const { owners, witnesses } = this.parts
    return owners !== undefined || witnesses !== undefined || this.isGuarded(question)
  }

  doubtFor(question: Question): StandingDoubt | undefined {
    return this.isGuarded(question) ? this.parts.guard?.doubtFor(question) : undefined
  }

  /** Says whether an outcome of ordinary DNS is to be believed, and learns from it. */
  judge(query: Query, outcome: Outcome): Settled {
    const { guard, owners, witnesses } = this.parts
    const { question } = query
    const verdict = guard?.covers(question) === true ? guard.judge(query, outcome) : judgeUnguarded(outcome)
    if (verdict.kind === 'unknown')
      return owners === undefined && witnesses === undefined
        ? { kind: 'believed', outcome }
        : { kind: 'doubted', trouble: verdict.trouble }
    if (verdict.kind === 'believed' && isFromUpstream(verdict.outcome)) owners?.noticed(question.name)
    return verdict
  }

  /** The best answer that there is in the place of that of ordinary DNS; undefined where there is none. */
  offer(query: Query, trouble: Trouble, since?: number): Awaitable<Found | undefined> {
    return this.parts.owners === undefined && this.parts.witnesses === undefined
      ? this.lastGood(query, trouble, since)
      : this.bestOf(query, trouble, since)
  }

  private async bestOf(query: Query, trouble: Trouble, since?: number): Promise<Found | undefined> {
    const { owners, witnesses, guard } = this.parts
    const fromOwner = this.safely(owners?.answer(query))
    const lastGood = this.isGuarded(query.question) ? guard?.lastGood(query) : undefined
    const owned = await (lastGood === undefined ? fromOwner : within(OWNER_WAIT, fromOwner))
    if (owned !== undefined) return this.owned(query, owned, trouble, since)
    if (lastGood !== undefined) return this.lastGood(query, trouble, since)
    const vouched = await this.safely(witnesses?.answer(query, trouble))
    if (vouched === undefined) return undefined
    this.given.witnesses++
    const { note = 'this is what witnesses say' } = vouched
    return standIn(asStale(vouched), trouble, `${describeTrouble(trouble, since)}; ${note}`)
  }

  private owned({ question }: Query, found: Found, trouble: Trouble, since?: number): Found | undefined {
    if (found.kind !== 'answer' && this.isGuarded(question)) this.parts.guard?.believeOwner(question)
    // Both say so: what ordinary DNS says goes out.
    if (found.kind !== 'answer' && isDenial(trouble)) return undefined
    this.given.owners++
    const { note = 'this is from the zone that its owner signs' } = found
    return standIn(found, trouble, `${describeTrouble(trouble, since)}; ${note}`)
  }

  private lastGood(query: Query, trouble: Trouble, since?: number): Found | undefined {
    const { guard } = this.parts
    const { question } = query
    const found = this.isGuarded(question) ? guard?.lastGood(query) : undefined
    if (found === undefined) return undefined
    this.given.lastGood++
    const name = question.name.toString().replace(/(?<=.)\.$/, '')
    const accept = isSaid(trouble) ? `; accept the change with: signpost guard accept ${name}` : ''
    const text = `${describeTrouble(trouble, since)}; this is the last good answer${accept}`
    return standIn(asStale(found), trouble, text)
  }

  private isGuarded(question: Question): boolean {
    return this.parts.guard?.covers(question) === true
  }

  /** Nothing where the part has failed: there may be others. */
  private async safely(answer: Promise<Found | undefined> | undefined): Promise<Found | undefined> {
    try {
      return await answer
    } catch (error) {
      this.parts.onError(error)
      return undefined
    }
  }
}

const NO_ANSWER: ReadonlySet<Outcome['kind']> = new Set(['upstream-failed', 'too-slow'])

/** Whether nobody elsewhere had a usable answer. */
export function isUnanswered(outcome: Outcome): boolean {
  return isFailure(outcome) && NO_ANSWER.has(outcome.kind)
}

function judgeUnguarded(outcome: Outcome): Settled {
  return isUnanswered(outcome) ? { kind: 'doubted', trouble: 'failed' } : { kind: 'believed', outcome }
}

function isFromUpstream(outcome: Outcome): boolean {
  return isFound(outcome) && outcome.kind === 'answer' && outcome.provenance.source === 'upstream'
}

function asStale(found: Found): Found {
  return { ...found, provenance: { ...found.provenance, verified: false, stale: true } }
}
