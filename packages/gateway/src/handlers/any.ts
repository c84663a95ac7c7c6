import { type Name, RrType } from '@signpost/dns'
import type { Handler } from '../handler.ts'
import { type Outcome, isFound } from '../outcome.ts'
import { coveredType } from '../signature.ts'

/**
 * Answers ANY with one of the RRsets that there are, and its signatures (RFC 8482, section 4.1): so nobody gets a large
 * answer for a small question, and nobody comes to rely on all of them.
 */
export function answerAnyWithOne(): Handler {
  return (query, next) => {
    if (query.question.type !== RrType.ANY) return next(query)
    const { name } = query.question
    const outcome = next(query)
    return outcome instanceof Promise
      ? outcome.then(settled => oneRrset(settled, name))
      : oneRrset(outcome, name)
  }
}

function oneRrset(outcome: Outcome, name: Name): Outcome {
  if (!isFound(outcome) || outcome.kind !== 'answer') return outcome
  const { answers } = outcome
  const chosen = answers.find(record => coveredType(record) === undefined) ?? answers[0]
  // An alias that leads elsewhere is one RRset at each name already.
  if (chosen === undefined || answers.some(record => !record.name.equals(name))) return outcome
  const { type } = chosen
  return {
    ...outcome,
    answers: answers.filter(record => record.type === type || coveredType(record) === type),
  }
}
