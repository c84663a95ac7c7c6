import type { Handler } from '../handler.ts'

/**
 * Bounds what waits for the network. It stands behind the cache, so that what is known is still answered while
 * everything else is told to come back. Names behind an alias belong to a question that was already let in.
 */
export function shedOverload(limit: number): Handler {
  let pending = 0
  return (query, next) => {
    if (query.trail.length > 0) return next(query)
    if (pending >= limit)
      return { kind: 'overloaded', text: `${limit} lookups are under way; ask again in a moment` }
    const outcome = next(query)
    if (!(outcome instanceof Promise)) return outcome
    pending++
    return outcome.finally(() => {
      pending--
    })
  }
}
