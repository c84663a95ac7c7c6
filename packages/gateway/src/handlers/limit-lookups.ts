import type { Protection } from '../abuse/protection.ts'
import { turnAway } from '../abuse/turn-away.ts'
import type { Handler } from '../handler.ts'

/**
 * Bounds how much of what one client asks reaches the network: it costs far more than what is known, and others pay for
 * it too. Names behind an alias belong to a question that was let in; they count all the same.
 */
export function limitLookups(protection: Protection, perSecond: number): Handler {
  const { lookups, counters, slip, now } = protection
  const reason = `this client asks for more than ${perSecond} new names a second; ask again in a moment`
  return (query, next) => {
    if (query.standing.unlimited) return next(query)
    if (query.trail.length > 0) {
      lookups.charge(query, now())
      return next(query)
    }
    const inRow = lookups.take(query, now())
    if (inRow === 0) return next(query)
    counters.count('lookup-rate')
    return turnAway(query, inRow, slip, reason)
  }
}
