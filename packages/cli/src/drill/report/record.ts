import type { ContestantId } from '../contestants/contestant.ts'
import type { Shortened } from '../contestants/gateway.ts'
import type { PhaseId } from '../phases.ts'

/** A stretch of the drill, in milliseconds from its beginning. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface PhaseSpan extends Span {
  readonly phase: PhaseId
}

/** One request of one program, as that program saw it. */
export interface RequestMade {
  readonly contestant: ContestantId
  readonly program: string
  /** Milliseconds from the beginning of the drill to that of the request. */
  readonly at: number
  readonly took: number
  /** Why it failed; left out where it did not. */
  readonly problem?: string
}

/** A contestant as it took part. */
export interface Participant {
  readonly id: ContestantId
  readonly title: string
  readonly about: string
  readonly promises: boolean
  /** What to say beside the title, such as its software. */
  readonly detail: string
  /** When its resolver did not run, between its start and the end of the drill. */
  readonly down: readonly Span[]
  /** Questions that its resolver sent to ordinary DNS, for each second of the drill. */
  readonly upstream: readonly number[]
  /** Of lookups that came all at once in the recovery. */
  readonly herd?: { readonly sent: number; readonly answered: number }
}

/** Something that happened at a moment. */
export interface Happening {
  readonly at: number
  readonly what: string
}

/** All that a drill found, as data. */
export interface DrillRecord {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Milliseconds. */
  readonly length: number
  readonly version: string
  readonly name: string
  readonly phases: readonly PhaseSpan[]
  readonly participants: readonly Participant[]
  /** Contestants that could not take part, with the reason. */
  readonly absent: readonly { readonly title: string; readonly reason: string }[]
  readonly programs: readonly string[]
  readonly requests: readonly RequestMade[]
  readonly happenings: readonly Happening[]
  readonly shortened: readonly Shortened[]
  /** The DNS detail of the provider, and how many peers there were. */
  readonly authority: string
  readonly peers: number
  /** Requests that came to an address which only the owner's signed zone has. Left out where there is no such address. */
  readonly standbyServed?: number
  /** Whether programs had a network and a resolv.conf of their own, so that they are as they always are. */
  readonly ownSpace: boolean
}
