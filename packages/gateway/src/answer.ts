import {
  CLASSIC_UDP_LENGTH,
  type Edns,
  type EdnsOption,
  EdnsOptionCode,
  ExtendedError,
  type ExtendedErrorInfo,
  type Header,
  MAX_MESSAGE_LENGTH,
  type Message,
  type Question,
  Rcode,
  type ResourceRecord,
  encodeExtendedError,
  encodeMessage,
  encodeMessageWithin,
} from '@signpost/dns'
import { paddingFor } from './edns/padding.ts'
import { type Found, type Outcome, type OutcomeKind, isFailure, isFound } from './outcome.ts'
import type { Transport } from './query.ts'

/** What a reply takes from its query; for a query that could not be read, its header alone. */
export interface Asked extends Header {
  readonly questions: readonly Question[]
  readonly edns?: Edns
}

interface Row {
  readonly rcode: number
  /** TC is set, so that the client comes back over TCP. */
  readonly truncated?: true
  /** RFC 8914, section 4. */
  readonly extendedError?: number
}

/**
 * What each outcome looks like on the wire. Silence of the network proves nothing, so only a signed zone or
 * an upstream ever makes NXDOMAIN; everything that went wrong on the way is SERVFAIL with its reason.
 */
export const TABLE: { readonly [K in OutcomeKind]: Row } = {
  answer: { rcode: Rcode.NOERROR },
  'no-data': { rcode: Rcode.NOERROR },
  'no-name': { rcode: Rcode.NXDOMAIN },
  absent: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.NO_REACHABLE_AUTHORITY },
  invalid: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.DNSSEC_BOGUS },
  expired: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.SIGNATURE_EXPIRED },
  'no-zone': { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.INVALID_DATA },
  loop: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.OTHER },
  'too-long': { rcode: Rcode.YXDOMAIN, extendedError: ExtendedError.OTHER },
  'upstream-failed': { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.NETWORK_ERROR },
  'too-slow': { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.NO_REACHABLE_AUTHORITY },
  overloaded: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.NOT_READY },
  failed: { rcode: Rcode.SERVFAIL, extendedError: ExtendedError.OTHER },
  malformed: { rcode: Rcode.FORMERR },
  'not-implemented': { rcode: Rcode.NOTIMP },
  'bad-version': { rcode: Rcode.BADVERS },
  'bad-cookie': { rcode: Rcode.BADCOOKIE },
  'over-tcp': { rcode: Rcode.NOERROR, truncated: true },
  'over-limit': { rcode: Rcode.REFUSED },
  // Silence, which the service sees to.
  dropped: { rcode: Rcode.REFUSED },
  // Without an SOA, so that nobody keeps it.
  filtered: { rcode: Rcode.NOERROR },
  refused: { rcode: Rcode.REFUSED },
}

/** Characters of text that go with an extended error; RFC 8914, section 6 asks for short ones. */
export const MAX_EXTENDED_TEXT = 400

/** Seconds: the TTL of an answer from a stale copy (RFC 8767, section 4). */
export const STALE_TTL = 30

/**
 * The reply to a query. Owner names that are the question's name come back with the letters as they were asked
 * (so that 0x20 works for clients), and TTLs less the outcome's age.
 * @param payloadSize octets of UDP payload that this server takes, for the reply's OPT.
 * @param options what else goes into the OPT, behind the extended errors.
 */
export function replyTo(
  asked: Asked,
  outcome: Outcome,
  payloadSize: number,
  options: readonly EdnsOption[] = [],
): Message {
  const { rcode, truncated } = TABLE[outcome.kind]
  const { edns } = asked
  const found = isFound(outcome) ? outcome : undefined
  const question = asked.questions[0]
  const reply: Message = {
    id: asked.id,
    response: true,
    opcode: asked.opcode,
    authoritative: found?.provenance.source === 'zone',
    truncated: truncated === true,
    recursionDesired: asked.recursionDesired,
    recursionAvailable: true,
    authenticData: found !== undefined && found.provenance.verified && wantsAuthenticData(asked),
    checkingDisabled: asked.checkingDisabled,
    // A rcode above 15 exists only with EDNS; BADVERS and BADCOOKIE are only ever answers to EDNS.
    rcode: edns === undefined && rcode > 15 ? Rcode.SERVFAIL : rcode,
    questions: asked.questions,
    answers: found === undefined ? [] : present(found.answers, found, question),
    authorities: found === undefined ? [] : present(found.authorities, found, question),
    additionals: [],
  }
  if (edns === undefined) return reply
  const errors = extendedErrorsOf(outcome).map(({ infoCode, text }) =>
    encodeExtendedError({ infoCode, text: shortened(text) }),
  )
  const all = errors.length === 0 ? options : [...errors, ...options]
  return { ...reply, edns: ednsOf(edns, payloadSize, all) }
}

/** RFC 6840, section 5.7: a client that sets AD or DO understands AD in the reply. */
function wantsAuthenticData(asked: Asked): boolean {
  return asked.authenticData || asked.edns?.dnssecOk === true
}

function present(
  records: readonly ResourceRecord[],
  found: Found,
  question: Question | undefined,
): ResourceRecord[] {
  const { age } = found
  const { stale } = found.provenance
  return records.map(record => {
    const name = question !== undefined && record.name.equals(question.name) ? question.name : record.name
    const aged = age === 0 ? record.ttl : Math.max(0, record.ttl - age)
    const ttl = stale ? Math.min(STALE_TTL, aged) : aged
    return name === record.name && ttl === record.ttl ? record : { ...record, name, ttl }
  })
}

/** RFC 6891, section 6.1: version 0, our payload size, DO as asked, no option that is not ours. */
function ednsOf(asked: Edns, payloadSize: number, options: readonly EdnsOption[]): Edns {
  return { payloadSize, version: 0, dnssecOk: asked.dnssecOk, flags: 0, options }
}

/**
 * The octets of a reply. Where it does not fit, explanations go first; then additional records; then TC tells the
 * client to come back over TCP.
 * @param padded whether to fill it up to a length that says little; only where it has EDNS and fits.
 */
export function encodeReply(reply: Message, limit: number, padded = false): Uint8Array {
  const { edns } = reply
  if (edns === undefined || (edns.options.length === 0 && !padded)) return encodeMessageWithin(reply, limit)
  const withOptions = (options: readonly EdnsOption[]): Message => ({ ...reply, edns: { ...edns, options } })
  const whole = encodeMessage(reply)
  const padding = padded ? paddingFor(whole.length, limit) : undefined
  if (padding !== undefined) return encodeMessage(withOptions([...edns.options, padding]))
  if (whole.length <= limit) return whole
  const unexplained = edns.options.filter(option => option.code !== EdnsOptionCode.EXTENDED_ERROR)
  return encodeMessageWithin(withOptions(unexplained), limit)
}

// A text with long names in it must not push itself out of the reply.
function shortened(text: string): string {
  return text.length <= MAX_EXTENDED_TEXT ? text : `${text.slice(0, MAX_EXTENDED_TEXT - 3)}...`
}

/** The extended errors that go with an outcome, ours first (RFC 8914, section 2 allows several). */
export function extendedErrorsOf(outcome: Outcome): ExtendedErrorInfo[] {
  if (isFailure(outcome)) {
    const { extendedError } = TABLE[outcome.kind]
    return [
      { infoCode: extendedError ?? ExtendedError.OTHER, text: outcome.text },
      ...(outcome.extendedErrors ?? []),
    ]
  }
  if (!isFound(outcome)) return outcome.extendedError === undefined ? [] : [outcome.extendedError]
  const errors: ExtendedErrorInfo[] = []
  if (outcome.extendedError !== undefined) errors.push(outcome.extendedError)
  else if (outcome.provenance.stale)
    errors.push({
      infoCode: outcome.kind === 'no-name' ? ExtendedError.STALE_NXDOMAIN : ExtendedError.STALE_ANSWER,
      text: 'the newest copy that could be found is past its TTL',
    })
  if (outcome.note !== undefined) errors.push({ infoCode: ExtendedError.OTHER, text: outcome.note })
  return errors
}

/** Octets that a reply may have: RFC 1035, section 4.2.1; RFC 6891, section 6.2.3 to 6.2.5. */
export function replyLimit(asked: Asked, transport: Transport, udpPayload: number): number {
  if (transport !== 'udp') return MAX_MESSAGE_LENGTH
  if (asked.edns === undefined) return CLASSIC_UDP_LENGTH
  return Math.max(CLASSIC_UDP_LENGTH, Math.min(asked.edns.payloadSize, udpPayload))
}
