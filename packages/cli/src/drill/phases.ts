/** What happens to ordinary DNS, in this order. */
export type PhaseId = 'calm' | 'race' | 'empty' | 'servfail' | 'silent' | 'recovery'

export interface Phase {
  readonly id: PhaseId
  readonly title: string
  /** A sentence for people. */
  readonly about: string
}

export const PHASES: readonly Phase[] = [
  {
    id: 'calm',
    title: 'All is well',
    about: 'Three automated writers keep the name up to date.',
  },
  {
    id: 'race',
    title: 'The race',
    about: 'One writer is delayed between its check and its change, and puts an old plan over a newer one.',
  },
  {
    id: 'empty',
    title: 'Empty answer',
    about: 'Clean-up has deleted that plan. The name exists and has no address; automation cannot mend it.',
  },
  {
    id: 'servfail',
    title: 'SERVFAIL',
    about: "The provider's servers answer that they cannot answer.",
  },
  {
    id: 'silent',
    title: 'No DNS at all',
    about: 'Nothing answers. A third of the peers freeze, and every resolver is killed and started again.',
  },
  {
    id: 'recovery',
    title: 'Recovery',
    about: 'People repair the name by hand, and everybody comes back at once.',
  },
]

/** How long phases last, in milliseconds; the race lasts until the name is empty. */
export interface Timing {
  readonly calm: number
  readonly empty: number
  readonly servfail: number
  readonly silent: number
  readonly recovery: number
  /** From the beginning of the silence: peers freeze, resolvers are killed, and they start again. */
  readonly freezeAt: number
  readonly killAt: number
  readonly restartAt: number
}

export const FULL: Timing = {
  calm: 15_000,
  empty: 18_000,
  servfail: 12_000,
  silent: 32_000,
  recovery: 18_000,
  freezeAt: 4000,
  killAt: 10_000,
  restartAt: 12_000,
}

/** For a test of the drill itself. */
export const SHORT: Timing = {
  calm: 10_000,
  empty: 5000,
  servfail: 4000,
  silent: 12_000,
  recovery: 5000,
  freezeAt: 1000,
  killAt: 3000,
  restartAt: 4000,
}
