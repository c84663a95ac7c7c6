/** What an enactor is started with. */
export interface EnactorSettings {
  readonly name: string
  readonly directory: string
  /** Milliseconds since 1970 from which the periods of all enactors count. */
  readonly epoch: number
  /** Milliseconds between two looks. */
  readonly period: number
  /** Milliseconds into the period at which it looks. */
  readonly offset: number
  /** Milliseconds between its applying a plan and its cleaning up. */
  readonly cleanUpAfter: number
  /** All of them clean up in every so manieth period. */
  readonly cleanUpEvery: number
}

/** What an enactor tells: one line of JSON each. */
export interface EnactorReport {
  readonly kind: 'applied' | 'deleted' | 'stuck' | 'delayed'
  readonly enactor: string
  readonly plan: number
}

/** Told on its standard input, a line: from now on it applies what it has checked in a later period, in which others clean up. */
export const BE_SLOW = 'slow'
