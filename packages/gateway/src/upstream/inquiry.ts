import { type Message, type Question, Rcode, createQuery } from '@signpost/dns'
import type { ExchangeResult } from './exchange.ts'

/** What to ask servers elsewhere. EDNS options of the client are not among it: they are between it and us. */
export interface Inquiry {
  readonly question: Question
  readonly recursionDesired: boolean
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
}

/** RFC 9715, section 3.1, and DNS Flag Day 2020: what arrives in one piece. */
const PAYLOAD_SIZE = 1232

/** The same for two inquiries whose answers are. */
export function keyOfInquiry(inquiry: Inquiry): string {
  const { question, recursionDesired, dnssecOk, checkingDisabled } = inquiry
  const flags = (recursionDesired ? 4 : 0) + (dnssecOk ? 2 : 0) + (checkingDisabled ? 1 : 0)
  return `${flags} ${question.type} ${question.name.key}`
}

/**
 * The client's DO and CD go along (RFC 4035, section 3.2); its options, client subnet above all, do not.
 * @param plain for a server that does not know EDNS.
 */
export function requestFor(inquiry: Inquiry, id: number, plain: boolean): Message {
  const { question, recursionDesired, dnssecOk, checkingDisabled } = inquiry
  const request = createQuery(question, { id, recursionDesired, checkingDisabled })
  if (plain) return request
  return { ...request, edns: { payloadSize: PAYLOAD_SIZE, version: 0, dnssecOk, flags: 0, options: [] } }
}

/** The reply, where it is an answer or a denial, and whole. */
export function usableReply(result: ExchangeResult): Message | undefined {
  if (result.kind !== 'reply') return undefined
  const { message } = result
  return SAYING.has(message.rcode) && !message.truncated ? message : undefined
}

/** What says something about the name: YXDOMAIN, that a DNAME makes it too long (RFC 6672, section 2.2). */
const SAYING: ReadonlySet<number> = new Set([Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN])

const RCODES_WITHOUT_EDNS: ReadonlySet<number> = new Set([Rcode.FORMERR, Rcode.NOTIMP, Rcode.REFUSED])

/**
 * The reply to a request with EDNS by a server that perhaps does not know it: one that does has an OPT record in every
 * reply (RFC 6891, section 7).
 */
export function suggestsNoEdns({ rcode, edns }: Message): boolean {
  return edns === undefined && RCODES_WITHOUT_EDNS.has(rcode)
}
