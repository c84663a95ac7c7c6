import type { Handler } from '../handler.ts'
import { type LocalNames, localAnswer } from '../local/local-answer.ts'

/** Answers names that mean something on this machine or network alone, and keeps them from leaving as queries. */
export function answerLocalNames(names: LocalNames): Handler {
  return (query, next) => localAnswer(query.question, names) ?? next(query)
}
