import type { HostPort } from '../../values/host-port.ts'
import type { Children } from '../machine/children.ts'

export type ContestantId = 'plain' | 'stale' | 'guard' | 'pin' | 'witness'

/** What a contestant has to work with. */
export interface Stage {
  readonly children: Children
  /** Its own, which is empty at first. */
  readonly directory: string
  /** Where its programs ask, and it has to answer. */
  readonly dns: HostPort
  /** Its way to ordinary DNS. */
  readonly upstream: HostPort
  /** The name that programs use. */
  readonly name: string
  /** Arguments that let a signpost join the peers. */
  readonly join: readonly string[]
  /** Zones of witnesses. */
  readonly witnesses: readonly string[]
}

/** One way to resolve names, with its resolver as a process. */
export interface Contestant extends AsyncDisposable {
  /** Starts its resolver, again after a crash. It resolves once questions are answered. */
  start(): Promise<void>
  /** Ends its resolver with SIGKILL. */
  kill(): Promise<void>
}

/** What there is to say of a contestant, and how it is had. */
export interface Entry {
  readonly id: ContestantId
  /** For tables, such as "plain DNS". */
  readonly title: string
  /** A sentence for people. */
  readonly about: string
  /** Whether it promises to lose nothing. */
  readonly promises: boolean
  /** When it is started: with everything else, or, as a machine with no history, once the name is empty. */
  readonly joins: 'at-once' | 'in-outage'
  /** What to say beside its title, such as "unbound 1.17.1". */
  detail(): string
  /** Why it cannot take part here. Undefined where it can. */
  absence(): string | undefined
  create(stage: Stage): Contestant
}
