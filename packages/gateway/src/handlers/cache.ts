import { type AnswerCache, cacheKey } from '../cache/answer-cache.ts'
import { type Outcome, isFailure } from '../outcome.ts'
import type { Handler } from '../handler.ts'

/** Answers what is known, and keeps what comes back from the handlers behind it. */
export function answerFromCache(cache: AnswerCache, now: () => number): Handler {
  return (query, next) => {
    const key = cacheKey(query)
    const known = cache.lookup(key, now())
    if (known !== undefined) return known
    const since = cache.generation
    const keep = (outcome: Outcome): Outcome => {
      // Behind an alias a failure may come from the chain, which says nothing about the name alone.
      if (query.trail.length === 0 || !isFailure(outcome)) cache.store(key, outcome, now(), since)
      return outcome
    }
    const outcome = next(query)
    return outcome instanceof Promise ? outcome.then(keep) : keep(outcome)
  }
}
