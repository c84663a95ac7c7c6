import { type Message, type ResourceRecord, decodeMessage, encodeMessage } from '@signpost/dns'

// Identifier 0; QR and AA; no question. Octets 6 and 7 are the number of answers.
const HEADER = [0, 0, 0x84, 0, 0, 0, undefined, undefined, 0, 0, 0, 0]

/** A DNS message (QR and AA set, identifier 0) that has the records as its answers, names compressed. */
export function encodeAnswers(answers: readonly ResourceRecord[]): Uint8Array {
  const message: Message = {
    id: 0,
    response: true,
    opcode: 0,
    authoritative: true,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [],
    answers,
    authorities: [],
    additionals: [],
  }
  return encodeMessage(message)
}

/**
 * Reads such a message back; undefined where the header says anything else.
 * @throws MalformedMessageError
 */
export function decodeAnswers(octets: Uint8Array): readonly ResourceRecord[] | undefined {
  if (HEADER.some((octet, at) => octet !== undefined && octet !== octets[at])) return undefined
  // A plain Uint8Array: what is read from Node's Buffer would share its memory.
  return decodeMessage(new Uint8Array(octets), { trailing: 'refuse', badRdata: 'refuse' }).answers
}
