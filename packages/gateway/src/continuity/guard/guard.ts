import { type Name, type Question, type ResourceRecord, isMetaType } from '@signpost/dns'
import type { Limits } from '../../limits.ts'
import { type Found, type Outcome, fromUpstream, isFound } from '../../outcome.ts'
import type { Query } from '../../query.ts'
import type { ContinuityStore } from '../continuity-store.ts'
import { Doubts } from './doubts.ts'
import type { DoubtReport, GuardEvent, GuardStats } from './event.ts'
import type { Guarding, StandingDoubt, Verdict } from './guarding.ts'
import { type Judgement, type Moment, judge, whatCame } from './judgement.ts'
import { hasNew, isAllProved, learn, signaturesFor } from './knowledge.ts'
import { type Known, KnownAnswers, keyOf } from './known-answers.ts'
import { KnownStore } from './known-store.ts'
import type { Patterns } from './patterns.ts'
import { Schedule } from './schedule.ts'

export interface GuardParts {
  readonly patterns: Patterns
  readonly limits: Pick<Limits, 'guardPatience' | 'guardProof' | 'guardPace' | 'guardQuestions'>
  readonly now: () => Moment
  /** Asks ordinary DNS past all caches: every upstream, or whichever is best. */
  readonly ask: (question: Question, whom: 'every' | 'best') => Promise<readonly Outcome[]>
  /** Undefined where nothing outlives the process. */
  readonly store: ContinuityStore | undefined
  readonly onEvent: (event: GuardEvent) => void
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Seconds: the TTL of an answer that is not proved, so that a forger's minute does not last for a day. */
const UNPROVED_TTL = 60

/** Keeps the last good answers about guarded names, and judges every change of them. */
export class Guard implements Guarding {
  private patterns: Patterns
  private readonly parts: GuardParts
  private readonly known: KnownAnswers
  private readonly disk: KnownStore
  private readonly schedule: Schedule
  private readonly doubts: Doubts
  private isClosed = false

  constructor(parts: GuardParts) {
    const { limits, now, onError } = parts
    this.parts = parts
    this.patterns = parts.patterns
    this.known = new KnownAnswers(limits.guardQuestions, known => {
      this.drop(known)
    })
    this.schedule = new Schedule({
      steady: () => now().steady,
      run: async key => this.askAgain(key).catch(onError),
    })
    this.disk = new KnownStore(now)
    this.doubts = new Doubts({ ...parts, disk: this.disk, schedule: this.schedule })
    this.keepIn(parts.store)
  }

  /** Keeps what is known in a store from now on, and takes back what else is in it. */
  keepIn(store: ContinuityStore | undefined): void {
    const before = new Set(this.known)
    this.disk.attach(store)
    this.disk.restore(this.known, question => this.covers(question))
    for (const known of this.known)
      if (!before.has(known)) {
        this.doubts.takeUp(known)
        if (known.good === undefined) this.askForProof(known)
      }
    if (before.size > 0) this.disk.writeEverything(this.known)
  }

  /** The patterns of names, as they were given. */
  get guards(): readonly string[] {
    return this.patterns.texts
  }

  covers({ name, type }: Question): boolean {
    return !isMetaType(type) && this.patterns.covers(name)
  }

  /** Guards other names from now on. What is known of those that are left out is forgotten. */
  replace(patterns: Patterns): void {
    this.patterns = patterns
    for (const known of this.known) if (!this.covers(known.question)) this.forget(known)
  }

  doubtFor(question: Question): StandingDoubt | undefined {
    const known = this.known.use(keyOf(question))
    if (known?.doubt !== undefined) this.doubts.want(known)
    return known?.doubt
  }

  judge({ question, message }: Query, came: Outcome): Verdict {
    const known = this.known.use(keyOf(question))
    if (!message.checkingDisabled && !this.isClosed) return this.observe(question, known, came, true)
    // What nobody has validated teaches nothing, nor does what stopping cuts off.
    const judgement = this.judgementOf(known, came)
    return judgement.kind === 'doubt'
      ? { kind: 'doubted', trouble: judgement.doubt.trouble }
      : { kind: 'believed', outcome: came }
  }

  lastGood({ question, message }: Query): Found | undefined {
    const known = this.known.get(keyOf(question))
    const good = known && goodAnswer(known)
    if (known === undefined || good === undefined || message.edns?.dnssecOk !== true) return good
    return { ...good, answers: [...good.answers, ...signaturesFor(known.knowledge, good.answers)] }
  }

  believeOwner(question: Question): void {
    const known = this.known.get(keyOf(question))
    if (known?.good !== undefined) this.accept(known, 'owner')
  }

  /** The user believes what ordinary DNS says of a name. @returns how many doubts that ends. */
  acceptName(name: Name): number {
    const doubted = this.known.goodOf(name).filter(({ doubt }) => doubt !== undefined)
    for (const known of doubted) this.accept(known, 'user')
    return doubted.length
  }

  /** Doubts that stand, the oldest first. */
  reports(): DoubtReport[] {
    return this.doubts.reports()
  }

  stats(): GuardStats {
    return {
      patterns: this.patterns.texts.length,
      answers: this.known.goodCount,
      ...this.doubts.stats(),
    }
  }

  /** Asks and learns nothing any more, and gives what it knows to the store. */
  close(): void {
    this.isClosed = true
    this.schedule.close()
    this.disk.writeAll(this.known)
  }

  private judgementOf(known: Known | undefined, came: Outcome): Judgement {
    const { limits, now } = this.parts
    return judge({
      lastGood: known && goodAnswer(known),
      came,
      doubt: known?.doubt,
      now: now(),
      patience: limits.guardPatience * 1000,
    })
  }

  /** @param isAskedFor a client wants to know. */
  private observe(question: Question, known: Known | undefined, came: Outcome, isAskedFor: boolean): Verdict {
    const judgement = this.judgementOf(known, came)
    const verdict = this.settle(question, known, came, judgement, isAskedFor)
    // A name that does not exist has no type at all.
    if (judgement.kind !== 'pass' && came.kind === 'no-name')
      for (const other of this.known.goodOf(question.name))
        if (other !== known) this.settle(other.question, other, came, this.judgementOf(other, came), false)
    return verdict
  }

  private settle(
    question: Question,
    known: Known | undefined,
    came: Outcome,
    judgement: Judgement,
    isAskedFor: boolean,
  ): Verdict {
    switch (judgement.kind) {
      case 'pass':
        return { kind: 'believed', outcome: came }
      case 'believe':
        return this.believe(question, known, came, isAskedFor)
      case 'doubt':
        if (known !== undefined) this.doubts.hold(known, judgement.doubt, isAskedFor)
        return { kind: 'doubted', trouble: judgement.doubt.trouble }
      case 'accept':
        if (known !== undefined) this.accept(known, 'patience')
        return { kind: 'believed', outcome: came }
    }
  }

  private believe(question: Question, known: Known | undefined, came: Outcome, isAskedFor: boolean): Verdict {
    if (!isFound(came)) return { kind: 'doubted', trouble: 'failed' }
    if (came.kind === 'answer') {
      const learned = known ?? this.known.add(keyOf(question))
      this.doubts.end(learned)
      return { kind: 'believed', outcome: this.learn(learned, came, isAskedFor) }
    }
    // The name has other types, so that it does not exist is not believed of this one either.
    return came.kind === 'no-name' && this.known.goodOf(question.name).length > 0
      ? { kind: 'believed', outcome: withoutType(came) }
      : { kind: 'unknown', trouble: came.kind }
  }

  private learn(known: Known, came: Found, isAskedFor: boolean): Found {
    const { limits, now } = this.parts
    const { steady } = now()
    const before = known.good
    known.knowledge = learn(known.knowledge, came.answers, known.question, {
      now: steady,
      proof: limits.guardProof * 1000,
      isSecured: came.provenance.secured === true,
    })
    this.known.learned(known)
    const isNew = hasNew(known.knowledge, steady)
    if (isNew || !isSameAnswer(before, known.good) || this.disk.isDue(known)) this.disk.write(known)
    // For the last that a client was the first to see: what is seen then may be new again, and so on.
    if (isNew && isAskedFor) this.askForProof(known)
    if (isAllProved(known.knowledge, came.answers, known.question)) return came
    const brief = { ...came, answers: came.answers.map(briefly) }
    return known.good === undefined ? brief : { ...brief, unproved: true }
  }

  private accept(known: Known, by: NonNullable<GuardEvent['by']>): void {
    this.doubts.accept(known, by)
    this.forget(known)
  }

  private forget(known: Known): void {
    this.known.delete(known)
    this.drop(known)
  }

  /** Of what is remembered no longer. */
  private drop(known: Known): void {
    this.doubts.clear(known)
    this.schedule.delete(proofKey(known.key))
    this.disk.delete(known)
  }

  private askForProof({ key }: Known): void {
    const { limits, now } = this.parts
    this.schedule.set(proofKey(key), now().steady + limits.guardProof * 1000)
  }

  private async askAgain(key: string): Promise<void> {
    const isProof = key.startsWith(PROOF)
    const known = this.known.get(isProof ? key.slice(PROOF.length) : key)
    if (known === undefined) return
    known.isWanted = false
    const outcomes = await this.parts.ask(known.question, isProof ? 'best' : 'every')
    // Meanwhile it may have been forgotten, or accepted.
    if (this.isClosed || this.known.get(known.key) !== known) return
    const came = bestOf(outcomes, goodAnswer(known))
    // That nobody answers when a proof is asked for is nobody's trouble yet.
    if (came !== undefined && (!isProof || isFound(came))) this.observe(known.question, known, came, false)
    if (!isProof && known.doubt !== undefined) this.doubts.goOn(known)
  }
}

/** Keys of questions begin with a digit. */
const PROOF = 'proof '

function proofKey(key: string): string {
  return `${PROOF}${key}`
}

function goodAnswer({ good }: Known): Found | undefined {
  return good && { kind: 'answer', answers: good, authorities: [], provenance: fromUpstream, age: 0 }
}

/** One good answer is enough, and what somebody said is more than that somebody is silent. */
function bestOf(outcomes: readonly Outcome[], lastGood: Found | undefined): Outcome | undefined {
  for (const wanted of ['good', 'no-data', 'no-name', 'bogus', 'failed'])
    for (const outcome of outcomes) if (whatCame(outcome, lastGood) === wanted) return outcome
  return undefined
}

function isSameAnswer(
  some: readonly ResourceRecord[] | undefined,
  other: readonly ResourceRecord[] | undefined,
): boolean {
  return some?.length === other?.length && (some ?? []).every(record => other?.includes(record) === true)
}

function briefly(record: ResourceRecord): ResourceRecord {
  return record.ttl <= UNPROVED_TTL ? record : { ...record, ttl: UNPROVED_TTL }
}

function withoutType(came: Found): Found {
  const authorities = came.authorities.filter(({ rdata }) => rdata.kind === 'SOA').map(briefly)
  const note = 'ordinary DNS says that there is no such name, but it had records of another type lately'
  return { ...came, kind: 'no-data', authorities, note }
}
