import type { Question } from '@signpost/dns'
import type { Found, Outcome } from '../../outcome.ts'
import type { Trouble } from '../trouble.ts'

/** Whether what ordinary DNS said is true, as far as the guard can tell. */
export type Verdict =
  /** It goes to the client, in the form in which it is kept. */
  | { readonly kind: 'believed'; readonly outcome: Outcome }
  | { readonly kind: 'doubted'; readonly trouble: Trouble }

/** A doubt that stands. */
export interface StandingDoubt {
  readonly trouble: Trouble
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** What judges answers about guarded names. */
export interface Guarding {
  covers(question: Question): boolean
  /** The doubt about a question that a client asks; while there is one, the guard asks the upstreams itself. */
  doubtFor(question: Question): StandingDoubt | undefined
  /**
   * @param outcome what the upstreams' answers came to for a guarded question.
   * @param validated false where the client wanted no validation (CD), so that nothing is learned from it.
   */
  judge(question: Question, outcome: Outcome, validated: boolean): Verdict
  /** The last good answer, with the TTLs that it had. */
  lastGood(question: Question): Found | undefined
  /** The owner signed that it is gone. */
  believeOwner(question: Question): void
}
