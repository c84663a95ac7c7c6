import type { Outcome } from './outcome.ts'
import type { Query } from './query.ts'

/** Not a promise where the answer is at hand, so that a cached answer leaves in the turn in which it was asked. */
export type Awaitable<T> = T | Promise<T>

/** Takes a question to its outcome. */
export type Resolve = (query: Query) => Awaitable<Outcome>

/** One link of the pipeline: settles a question itself, or asks the next link and may change what comes back. */
export type Handler = (query: Query, next: Resolve) => Awaitable<Outcome>
