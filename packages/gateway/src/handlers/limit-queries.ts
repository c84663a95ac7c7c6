import type { Protection } from '../abuse/protection.ts'
import { turnAway } from '../abuse/turn-away.ts'
import type { Handler } from '../handler.ts'

/** Bounds how much one client asks, whatever it asks. */
export function limitQueries(protection: Protection, perSecond: number): Handler {
  const { queries, counters, slip, now } = protection
  const reason = `this client asks more than ${perSecond} questions a second; ask again in a moment`
  return (query, next) => {
    if (query.standing.unlimited || query.trail.length > 0) return next(query)
    const inRow = queries.take(query, now())
    if (inRow === 0) return next(query)
    counters.count('query-rate')
    return turnAway(query, inRow, slip, reason)
  }
}
