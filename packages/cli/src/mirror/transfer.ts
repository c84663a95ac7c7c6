import {
  MalformedMessageError,
  type Message,
  type Name,
  Opcode,
  Rcode,
  type ResourceRecord,
  RrClass,
  RrType,
  type Soa,
  decodeMessage,
  printRcode,
} from '@signpost/dns'

/** How far a transfer is. */
export type TransferStep =
  | { readonly kind: 'more' | 'whole' }
  /** It is of no use, whatever comes after. */
  | { readonly kind: 'failed'; readonly reason: string }

export interface TransferRequest {
  readonly zone: Name
  /** Of the query. */
  readonly id: number
  /** Octets of all messages together. */
  readonly octets: number
  /** Takes every record of the zone but the SOA at its end; false where there are too many. */
  readonly take: (record: ResourceRecord) => boolean
}

/** Server not authoritative for the zone, or not willing (RFC 2136, section 2.2; RFC 5936, section 2.2.1). */
const NOT_AUTHORITATIVE = 9

/** The rcodes that say why there is no transfer. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [
    Rcode.REFUSED,
    'it refuses the transfer; let it give the zone to this address (allow-transfer, provide-xfr or acl; keys for it, TSIG, are not supported here)',
  ],
  [NOT_AUTHORITATIVE, 'it does not have the zone, or wants a key for it (TSIG), which is not supported here'],
])

/**
 * Reads the messages of an AXFR response (RFC 5936, section 2.2): the records of a zone between its SOA and the same SOA
 * once more. Whether the transfer is whole is known only then, so what was taken before counts for nothing without it.
 */
export class ZoneTransfer {
  private readonly request: TransferRequest
  private first: ResourceRecord | undefined
  private octets = 0
  private step: TransferStep = { kind: 'more' }

  constructor(request: TransferRequest) {
    this.request = request
  }

  /** The SOA that stands at both ends; undefined before the first one. */
  get soa(): Soa | undefined {
    const rdata = this.first?.rdata
    return rdata?.kind === 'SOA' ? rdata : undefined
  }

  /** Reads one message, without the two octets of its length. Says the same ever after `whole` or `failed`. */
  push(octets: Uint8Array): TransferStep {
    if (this.step.kind !== 'more') return this.step
    this.octets += octets.length
    this.step =
      this.octets > this.request.octets
        ? failed(`the zone is larger than ${this.request.octets} octets`)
        : this.readOctets(octets)
    return this.step
  }

  private readOctets(octets: Uint8Array): TransferStep {
    try {
      return this.read(decodeMessage(octets))
    } catch (error) {
      if (error instanceof MalformedMessageError) return failed(`it sends a broken message: ${error.message}`)
      throw error
    }
  }

  private read(message: Message): TransferStep {
    const problem = this.problemOf(message)
    if (problem !== undefined) return failed(problem)
    let isWhole = false
    for (const record of message.answers) {
      if (isWhole) return failed('it sends records behind the end of the zone')
      const result = this.readRecord(record)
      if (typeof result === 'string') return failed(result)
      isWhole = result
    }
    return { kind: isWhole ? 'whole' : 'more' }
  }

  private problemOf(message: Message): string | undefined {
    const { id, zone } = this.request
    if (!message.response || message.opcode !== Opcode.QUERY || message.id !== id)
      return 'it sends a message that is no reply to the query'
    if (message.rcode !== Rcode.NOERROR)
      return REASONS.get(message.rcode) ?? `it answers ${printRcode(message.rcode)}`
    if (message.truncated) return 'it sends a message that was cut short'
    // The question stands in the first message, and may be left out of the others (RFC 5936, section 2.2.2).
    const [question, ...more] = message.questions
    const isOurs =
      question === undefined ||
      (question.type === RrType.AXFR && question.class === RrClass.IN && question.name.equals(zone))
    if (!isOurs || more.length > 0) return 'it answers another question'
    return message.answers.length === 0 ? 'it sends no records' : undefined
  }

  /** Whether this was the last one; or what is wrong with it. */
  private readRecord(record: ResourceRecord): boolean | string {
    const { type, name } = record
    const { zone, take } = this.request
    const isSoa = type === RrType.SOA && name.equals(zone)
    if (this.first === undefined) {
      if (!isSoa) return 'what it sends does not begin with the SOA of the zone'
      this.first = record
    } else if (isSoa) {
      const { rdata } = record
      // A zone that was changed meanwhile may have had its old records in the middle.
      return rdata.kind === 'SOA' && rdata.serial === this.soa?.serial
        ? true
        : 'the SOA at the end has another serial than the one at the beginning'
    }
    return take(record) ? false : 'the zone has too many records'
  }
}

function failed(reason: string): TransferStep {
  return { kind: 'failed', reason }
}

/** Whether a serial is older than another one (RFC 1982, section 3.2). */
export function isOlderSerial(serial: number, than: number): boolean {
  const distance = (than - serial + 2 ** 32) % 2 ** 32
  return distance > 0 && distance < 2 ** 31
}
