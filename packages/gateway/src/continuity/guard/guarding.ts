import type { Question } from '@signpost/dns'
import type { Found, Outcome } from '../../outcome.ts'
import type { Query } from '../../query.ts'
import type { Trouble } from '../trouble.ts'

/** Whether what ordinary DNS said is true, as far as the guard can tell. */
export type Verdict =
  /** It goes to the client, in the form in which it is kept. */
  | { readonly kind: 'believed'; readonly outcome: Outcome }
  | { readonly kind: 'doubted'; readonly trouble: Trouble }
  /** There is nothing to compare a denial with: it is believed unless somebody else knows better. */
  | { readonly kind: 'unknown'; readonly trouble: 'no-name' | 'no-data' }

export type Settled = Exclude<Verdict, { readonly kind: 'unknown' }>

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
  /** What the upstreams' answers came to for a guarded question. */
  judge(query: Query, outcome: Outcome): Verdict
  /** The last good answer, with the TTLs that it had. */
  lastGood(query: Query): Found | undefined
  /** The owner signed that it is gone. */
  believeOwner(question: Question): void
}
