import type { Message, Question } from './message.ts'

/**
 * A standard query (RFC 1035, section 4.1.1) with RD set, identifier 0 and no EDNS.
 * @param fields replace any of it.
 */
export function createQuery(question: Question, fields: Partial<Message> = {}): Message {
  return {
    id: 0,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  }
}
