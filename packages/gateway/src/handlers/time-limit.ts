import type { Handler } from '../handler.ts'
import type { Outcome } from '../outcome.ts'

/**
 * Bounds the time of a whole question, with all zones that hand it over and all aliases behind it. Each step has a
 * bound of its own, but a zone can make many of them; nobody waits that long.
 */
export function limitTime(limit: number): Handler {
  return (query, next) => {
    // Names behind an alias are part of a question whose time runs already.
    if (query.trail.length > 0) return next(query)
    const late = new AbortController()
    const outcome = next({ ...query, signal: AbortSignal.any([query.signal, late.signal]) })
    return outcome instanceof Promise ? within(limit, outcome, late) : outcome
  }
}

async function within(limit: number, outcome: Promise<Outcome>, late: AbortController): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<Outcome>(resolve => {
    timer = setTimeout(() => {
      resolve({ kind: 'too-slow', text: `there was no answer within ${limit} ms; ask again` })
      late.abort(new Error('the question took too long'))
    }, limit)
  })
  try {
    return await Promise.race([outcome, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
