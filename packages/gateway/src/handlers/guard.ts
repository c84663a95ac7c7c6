import {
  ExtendedError,
  HEADER_LENGTH,
  MalformedMessageError,
  type Message,
  Opcode,
  type Question,
  RrClass,
  RrType,
  decodeHeader,
  decodeMessage,
  isMetaType,
  printRrClass,
  printRrType,
} from '@signpost/dns'
import type { Asked } from '../answer.ts'
import type { Refusal } from '../outcome.ts'
import type { Handler } from '../handler.ts'

/** What a packet is: nothing to reply to, something to refuse at once, or one question. */
export type Received =
  | { readonly kind: 'silence' }
  | { readonly kind: 'refusal'; readonly asked: Asked; readonly refusal: Refusal }
  | { readonly kind: 'question'; readonly message: Message; readonly question: Question }

/**
 * Reads a packet as far as it must be read to know what it is. Silence is for two cases only: no header to
 * reply to, and a response, since replying to responses makes two servers talk for ever.
 */
export function readPacket(packet: Uint8Array): Received {
  if (packet.length < HEADER_LENGTH || (packet[2] as number) >= 0x80) return { kind: 'silence' }
  // Other operations lay out their messages in other ways, so their sections are not even read.
  if ((((packet[2] as number) >>> 3) & 0xf) !== Opcode.QUERY)
    return refusal(packet, { kind: 'not-implemented' })
  // RFC 9619, section 4: a query has one question.
  if (packet[4] !== 0 || packet[5] !== 1) return refusal(packet, { kind: 'malformed' })
  try {
    const message = decodeMessage(packet)
    return { kind: 'question', message, question: message.questions[0] as Question }
  } catch (error) {
    if (error instanceof MalformedMessageError) return refusal(packet, { kind: 'malformed' })
    throw error
  }
}

function refusal(packet: Uint8Array, why: Refusal): Received {
  return { kind: 'refusal', asked: { ...decodeHeader(packet), questions: [] }, refusal: why }
}

/** Refuses questions that no source of answers could answer, before anything is looked up or kept for them. */
export function refuseWhatIsNoQuestion(): Handler {
  return (query, next) => refusalOf(query.message, query.question) ?? next(query)
}

/** Says in NSEC records that there is no such name; RFC 9824, section 3.5: a question for it is malformed. */
const NXNAME = 128

/** Undefined where the question may be answered. */
export function refusalOf(message: Message, question: Question): Refusal | undefined {
  // RFC 6891, section 6.1.3: the version comes before everything else that EDNS says.
  if (message.edns !== undefined && message.edns.version !== 0) return { kind: 'bad-version' }
  if (question.class !== RrClass.IN)
    return refused(
      ExtendedError.NOT_SUPPORTED,
      `class ${printRrClass(question.class)} is not served; ask in IN`,
    )
  switch (question.type) {
    case 0:
    case RrType.OPT:
    case NXNAME:
      return { kind: 'malformed' }
    case RrType.AXFR:
    case RrType.IXFR:
      return refused(ExtendedError.PROHIBITED, 'zones are not transferred; resolve their names one by one')
    case RrType.ANY:
      return undefined
    default:
      return isMetaType(question.type)
        ? refused(ExtendedError.NOT_SUPPORTED, `${printRrType(question.type)} is not served`)
        : undefined
  }
}

function refused(infoCode: number, text: string): Refusal {
  return { kind: 'refused', extendedError: { infoCode, text } }
}
