import type { Protection } from '../abuse/protection.ts'
import type { Handler } from '../handler.ts'
import type { Outcome } from '../outcome.ts'
import type { Query } from '../query.ts'

/** Bounds how often one network is sent the same, which somebody may ask for in its guise. */
export function limitResponses(protection: Protection): Handler {
  const limited = (query: Query, outcome: Outcome): Outcome =>
    protection.limitResponse(outcome, query.question, query)
  return (query, next) => {
    const outcome = next(query)
    // Parts of an answer are not sent.
    if (query.trail.length > 0) return outcome
    return outcome instanceof Promise
      ? outcome.then(settled => limited(query, settled))
      : limited(query, outcome)
  }
}
