import { type Edns, decodeEdns, encodeEdns } from './edns.ts'
import { InvalidRdataError } from './errors.ts'
import type { Name } from './name.ts'
import { type RdataReader, decodeRdata, readRdata } from './rdata/registry.ts'
import { type ResourceRecord, decodeRecord, encodeRecord } from './record.ts'
import { RrType } from './rr-type.ts'
import { WireReader, WireWriter } from './wire.ts'

export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

/** The fixed part of a message (RFC 1035, section 4.1.1), readable even where the rest is not. */
export interface Header {
  /** 0 to 65535. */
  readonly id: number
  /** QR. */
  readonly response: boolean
  readonly opcode: number
  /** AA. */
  readonly authoritative: boolean
  /** TC. */
  readonly truncated: boolean
  /** RD. */
  readonly recursionDesired: boolean
  /** RA. */
  readonly recursionAvailable: boolean
  /** AD (RFC 4035, section 3.2.3). */
  readonly authenticData: boolean
  /** CD (RFC 4035, section 3.2.2). */
  readonly checkingDisabled: boolean
  /** 0 to 4095: with EDNS, the OPT record carries the upper eight bits (RFC 6891, section 6.1.3). */
  readonly rcode: number
}

/** A DNS message. The OPT pseudo-RR is `edns`, never one of the additional records. */
export interface Message extends Header {
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
  readonly edns?: Edns
}

/** Octets of the fixed header. */
export const HEADER_LENGTH = 12
/** RFC 1035, section 4.2.1: what a UDP message may have where nobody says otherwise. */
export const CLASSIC_UDP_LENGTH = 512
export const MAX_MESSAGE_LENGTH = 65_535

/** Bits of the header's second word. */
const Flag = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const

/** What other servers let pass, and this decoder where nothing is said. A signed zone has none of it. */
export interface DecodeOptions {
  /** Octets after the last record. */
  readonly trailing?: 'ignore' | 'refuse'
  /** Rdata that breaks the rules of its type. It is kept as octets where they mean the same in any message. */
  readonly badRdata?: 'keep' | 'refuse'
}

/** @throws MalformedMessageError for less than twelve octets. */
export function decodeHeader(bytes: Uint8Array): Header {
  const { id, flags } = readHeaderWords(new WireReader(bytes))
  return headerOf(id, flags)
}

/**
 * @throws MalformedMessageError for anything that is no whole message: short, a pointer that does not point
 * backwards, rdata that does not fit its type and cannot be kept (see `readRdata`), a second OPT, or what the options
 * refuse.
 */
export function decodeMessage(bytes: Uint8Array, options: DecodeOptions = {}): Message {
  const reader = new WireReader(bytes)
  const read = options.badRdata === 'refuse' ? decodeRdata : readRdata
  const { id, flags } = readHeaderWords(reader)
  const questionCount = reader.u16()
  const answerCount = reader.u16()
  const authorityCount = reader.u16()
  const additionalCount = reader.u16()
  const questions: Question[] = []
  for (let n = 0; n < questionCount; n++)
    questions.push({ name: reader.name(), type: reader.u16(), class: reader.u16() })
  const answers = readRecords(reader, answerCount, read)
  const authorities = readRecords(reader, authorityCount, read)
  const [additionals, opt] = readAdditionals(reader, additionalCount, read)
  if (options.trailing === 'refuse' && reader.remaining > 0)
    throw reader.malformed(`${reader.remaining} octets follow the message`)
  // Filled in, not copied: this is what a gateway does for every packet.
  const message = headerOf(id, flags) as { -readonly [K in keyof Message]: Message[K] }
  message.questions = questions
  message.answers = answers
  message.authorities = authorities
  message.additionals = additionals
  if (opt !== undefined) {
    message.rcode |= opt.upperRcode << 4
    message.edns = opt.edns
  }
  return message
}

function readHeaderWords(reader: WireReader): { id: number; flags: number } {
  if (reader.remaining < HEADER_LENGTH) throw reader.malformed('a message has at least twelve octets')
  return { id: reader.u16(), flags: reader.u16() }
}

function headerOf(id: number, flags: number): Header {
  return {
    id,
    response: (flags & Flag.QR) !== 0,
    opcode: (flags >>> 11) & 0xf,
    authoritative: (flags & Flag.AA) !== 0,
    truncated: (flags & Flag.TC) !== 0,
    recursionDesired: (flags & Flag.RD) !== 0,
    recursionAvailable: (flags & Flag.RA) !== 0,
    authenticData: (flags & Flag.AD) !== 0,
    checkingDisabled: (flags & Flag.CD) !== 0,
    rcode: flags & 0xf,
  }
}

function readRecords(reader: WireReader, count: number, read: RdataReader): ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (let n = 0; n < count; n++) {
    const record = decodeRecord(reader, read)
    if (record.type === RrType.OPT)
      throw reader.malformed('an OPT record stands outside the additional section')
    records.push(record)
  }
  return records
}

interface Opt {
  readonly edns: Edns
  readonly upperRcode: number
}

function readAdditionals(
  reader: WireReader,
  count: number,
  read: RdataReader,
): [ResourceRecord[], Opt | undefined] {
  const records: ResourceRecord[] = []
  let opt: Opt | undefined
  for (let n = 0; n < count; n++) {
    const start = reader.offset
    const name = reader.name()
    if (reader.u16() !== RrType.OPT) {
      reader.offset = start
      records.push(decodeRecord(reader, read))
      continue
    }
    if (opt !== undefined) throw reader.malformed('the message has two OPT records', start)
    if (!name.isRoot) throw reader.malformed('the owner of an OPT record is not the root', start)
    opt = readOpt(reader)
  }
  return [records, opt]
}

function readOpt(reader: WireReader): Opt {
  const payloadSize = reader.u16()
  const ttl = reader.u32()
  const length = reader.u16()
  const rdata = new WireReader(reader.bytes, reader.offset, reader.offset + length)
  if (length > reader.remaining) throw reader.malformed('the rdata is longer than the message')
  const edns = decodeEdns(payloadSize, ttl, rdata)
  reader.offset += length
  return { edns, upperRcode: ttl >>> 24 }
}

const writer = new WireWriter()

/** @throws InvalidRdataError where a value does not fit its field, or an rcode over 15 has no EDNS to carry it. */
export function encodeMessage(message: Message): Uint8Array {
  // One buffer for all messages: `finish` copies out of it, and nothing in between can start another message.
  writer.clear()
  writeHeader(message, writer)
  writer.u16(message.questions.length)
  writer.u16(message.answers.length)
  writer.u16(message.authorities.length)
  writer.u16(message.additionals.length + (message.edns === undefined ? 0 : 1))
  for (const question of message.questions) {
    writer.name(question.name)
    writer.u16(question.type)
    writer.u16(question.class)
  }
  for (const record of message.answers) encodeRecord(record, writer)
  for (const record of message.authorities) encodeRecord(record, writer)
  for (const record of message.additionals) encodeRecord(record, writer)
  if (message.edns !== undefined) encodeEdns(message.edns, message.rcode, writer)
  return writer.finish()
}

/**
 * Encodes into at most `limit` octets. What does not fit is cut as RFC 2181, section 9 wants it: additional
 * records go first and silently, then the whole of answer and authority with TC set; never half an RRset.
 */
export function encodeMessageWithin(message: Message, limit: number): Uint8Array {
  const whole = encodeMessage(message)
  if (whole.length <= limit) return whole
  const bare = encodeMessage({ ...message, additionals: [] })
  if (bare.length <= limit) return bare
  return encodeMessage({ ...message, truncated: true, answers: [], authorities: [], additionals: [] })
}

function writeHeader(message: Message, writer: WireWriter): void {
  if (message.rcode > 0xf && message.edns === undefined)
    throw new InvalidRdataError(`rcode ${message.rcode} needs EDNS: the header has four bits for it`)
  const lowRcode = message.rcode & 0xf
  writer.u16(message.id)
  writer.u16(
    (message.response ? Flag.QR : 0) |
      ((message.opcode & 0xf) << 11) |
      (message.authoritative ? Flag.AA : 0) |
      (message.truncated ? Flag.TC : 0) |
      (message.recursionDesired ? Flag.RD : 0) |
      (message.recursionAvailable ? Flag.RA : 0) |
      (message.authenticData ? Flag.AD : 0) |
      (message.checkingDisabled ? Flag.CD : 0) |
      lowRcode,
  )
}
