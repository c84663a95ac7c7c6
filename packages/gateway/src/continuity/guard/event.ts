import type { Doubt } from './judgement.ts'

/** Something that happened to an answer about a guarded name. */
export interface GuardEvent {
  /** `accepted`: the change is believed now, and the last good answer is forgotten. */
  readonly kind: 'doubt-began' | 'doubt-ended' | 'accepted'
  readonly name: string
  readonly type: string
  /** What ordinary DNS says. */
  readonly trouble: Doubt['trouble']
  /** Milliseconds since the epoch, when the doubt began. */
  readonly since: number
  /** Who accepted it: time, the user, or the owner who signed it. */
  readonly by?: 'patience' | 'user' | 'owner'
}

/** A doubt that stands, for people. */
export interface DoubtReport extends Pick<GuardEvent, 'name' | 'type' | 'trouble' | 'since'> {
  /** Milliseconds for which it must be seen to stand until it is believed; absent for a failure, which never is. */
  readonly left?: number
}

export interface GuardStats {
  /** Patterns of names. */
  readonly patterns: number
  /** Questions with a good answer. */
  readonly answers: number
  /** Doubts that stand, by what ordinary DNS says. */
  readonly doubts: Readonly<Record<Doubt['trouble'], number>>
  readonly began: number
  readonly ended: number
  readonly accepted: number
}
