import {
  HEADER_LENGTH,
  type Header,
  type Message,
  type Name,
  Opcode,
  Rcode,
  decodeHeader,
} from '@signpost/dns'
import { compareLetters } from './letter-case.ts'
import { decodeReply } from './response.ts'

/** What a packet is to a request. */
export type Verdict =
  | { readonly kind: 'reply'; readonly message: Message }
  /** The reply, but for the letters of the name. */
  | { readonly kind: 'folded'; readonly message: Message }
  /** The reply, or its beginning. */
  | { readonly kind: 'truncated' }
  /** Something else. */
  | { readonly kind: 'false' }

const FALSE: Verdict = { kind: 'false' }
const QUESTION_TAIL = 4

/**
 * Whether a packet is the reply to a request (RFC 5452, section 9.1; the source address is the socket's business).
 * @param packet is written into: the question gets the letters of `original`, and with it every name that is compressed
 * into it.
 * @param request as it was sent, its letters included.
 * @param original the name as it was before its letters were mixed.
 */
export function judgeDatagram(packet: Uint8Array, request: Message, original: Name): Verdict {
  if (packet.length < HEADER_LENGTH) return FALSE
  const header = decodeHeader(packet)
  if (!header.response || header.id !== request.id || header.opcode !== Opcode.QUERY) return FALSE
  const letters = compareQuestion(packet, header, request)
  if (letters === 'other name') return FALSE
  if (letters !== 'none') packet.set(original.wire, HEADER_LENGTH)
  // It may end anywhere.
  if (header.truncated) return { kind: 'truncated' }
  const message = decodeReply(packet)
  return letters === 'other letters' ? { kind: 'folded', message } : { kind: 'reply', message }
}

/** `none`: a server that could not read the request may leave the question out of its error. */
function compareQuestion(
  packet: Uint8Array,
  header: Header,
  request: Message,
): ReturnType<typeof compareLetters> | 'none' {
  const [asked] = request.questions
  const count = u16(packet, 4)
  if (count === 0)
    return header.rcode === Rcode.NOERROR || header.rcode === Rcode.NXDOMAIN ? 'other name' : 'none'
  if (asked === undefined || count !== 1) return 'other name'
  const end = HEADER_LENGTH + asked.name.wire.length
  if (packet.length < end + QUESTION_TAIL) return 'other name'
  if (u16(packet, end) !== asked.type || u16(packet, end + 2) !== asked.class) return 'other name'
  return compareLetters(packet.subarray(HEADER_LENGTH, end), asked.name)
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number)
}
