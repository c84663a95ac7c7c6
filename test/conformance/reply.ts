import { concat } from './notation.ts'

/** A reply as it stands on the wire, read without the packages under test. */
export interface Reply {
  readonly octets: Uint8Array
  readonly id: number
  /** The header's second word. */
  readonly flags: number
  readonly opcode: number
  /** With the upper bits that OPT carries. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly WireRecord[]
  readonly authorities: readonly WireRecord[]
  /** Without OPT. */
  readonly additionals: readonly WireRecord[]
  readonly opt: Opt | undefined
}

export interface Question {
  readonly name: Uint8Array
  readonly type: number
  readonly class: number
}

export interface WireRecord extends Question {
  readonly ttl: number
  /** With every name in it in full. */
  readonly rdata: Uint8Array
}

export interface Opt {
  readonly payload: number
  readonly version: number
  /** DO and the bits below it. */
  readonly flags: number
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[]
}

export const Flag = {
  QR: 0x8000,
  AA: 0x400,
  TC: 0x200,
  RD: 0x100,
  RA: 0x80,
  Z: 0x40,
  AD: 0x20,
  CD: 0x10,
} as const

const OPT = 41

/**
 * Where names stand in the rdata of types that may be compressed, and of those that must not be: octets before the
 * first name, then how many names follow each other (RFC 1035, section 3.3; RFC 3597, section 4).
 */
const NAMES_IN_RDATA: ReadonlyMap<number, { before: number; names: number; compressed: boolean }> = new Map([
  [2, { before: 0, names: 1, compressed: true }],
  [5, { before: 0, names: 1, compressed: true }],
  [6, { before: 0, names: 2, compressed: true }],
  [14, { before: 0, names: 2, compressed: true }],
  [12, { before: 0, names: 1, compressed: true }],
  [15, { before: 2, names: 1, compressed: true }],
  [33, { before: 6, names: 1, compressed: false }],
  [39, { before: 0, names: 1, compressed: false }],
  [46, { before: 18, names: 1, compressed: false }],
  [47, { before: 0, names: 1, compressed: false }],
])

/** @throws Error that says in words what is not as RFC 1035 has it. */
export function readReply(octets: Uint8Array): Reply {
  const reader = new Reader(octets)
  const id = reader.u16()
  const flags = reader.u16()
  const [questionCount, answerCount, authorityCount, additionalCount] = [
    reader.u16(),
    reader.u16(),
    reader.u16(),
    reader.u16(),
  ]
  const questions = times(questionCount, () => ({
    name: reader.name(),
    type: reader.u16(),
    class: reader.u16(),
  }))
  const answers = times(answerCount, () => readRecord(reader))
  const authorities = times(authorityCount, () => readRecord(reader))
  const additionals = times(additionalCount, () => readRecord(reader))
  if (reader.offset < octets.length)
    throw new Error(`${octets.length - reader.offset} octets follow the message`)
  if ([...answers, ...authorities].some(({ type }) => type === OPT))
    throw new Error('an OPT record stands outside the additional section')
  const [opt, second] = additionals.filter(({ type }) => type === OPT)
  if (second !== undefined) throw new Error('there are two OPT records')
  return {
    octets,
    id,
    flags,
    opcode: (flags >>> 11) & 0xf,
    rcode: (flags & 0xf) | ((opt === undefined ? 0 : opt.ttl >>> 24) << 4),
    questions,
    answers,
    authorities,
    additionals: additionals.filter(({ type }) => type !== OPT),
    opt: opt && readOpt(opt),
  }
}

function readRecord(reader: Reader): WireRecord {
  const name = reader.name()
  const [type, rrClass] = [reader.u16(), reader.u16()]
  const ttl = reader.u16() * 0x10000 + reader.u16()
  const length = reader.u16()
  const end = reader.offset + length
  const layout = NAMES_IN_RDATA.get(type)
  if (layout === undefined) return { name, type, class: rrClass, ttl, rdata: reader.take(length) }
  const parts = [reader.take(layout.before)]
  for (let n = 0; n < layout.names; n++) parts.push(reader.name(layout.compressed))
  parts.push(reader.take(end - reader.offset))
  return { name, type, class: rrClass, ttl, rdata: concat(parts) }
}

function readOpt(record: WireRecord): Opt {
  if (record.name.length !== 1) throw new Error('the owner of OPT is not the root')
  const reader = new Reader(record.rdata)
  const options: { code: number; data: Uint8Array }[] = []
  while (reader.offset < record.rdata.length)
    options.push({ code: reader.u16(), data: reader.take(reader.u16()) })
  return {
    payload: record.class,
    version: (record.ttl >>> 16) & 0xff,
    flags: record.ttl & 0xffff,
    options,
  }
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

class Reader {
  offset = 0
  private readonly octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.octets = octets
  }

  take(length: number): Uint8Array {
    const end = this.offset + length
    if (length < 0 || end > this.octets.length)
      throw new Error(`the message ends within octets ${this.offset} to ${end}`)
    const taken = this.octets.slice(this.offset, end)
    this.offset = end
    return taken
  }

  u16(): number {
    const [high = 0, low = 0] = this.take(2)
    return high * 256 + low
  }

  name(mayBeCompressed = true): Uint8Array {
    const parts: Uint8Array[] = []
    let resume: number | undefined
    let before = this.offset
    for (;;) {
      const [length = 0] = this.take(1)
      if (length >= 0xc0) {
        if (!mayBeCompressed)
          throw new Error('a name is compressed in a type that forbids it (RFC 3597, section 4)')
        const target = ((length & 0x3f) << 8) | (this.take(1)[0] as number)
        resume ??= this.offset
        if (target >= before) throw new Error('a compression pointer does not point backwards')
        before = target
        this.offset = target
        continue
      }
      if (length > 63) throw new Error(`a label begins with octet ${length}`)
      parts.push(Uint8Array.of(length), this.take(length))
      if (length === 0) break
    }
    this.offset = resume ?? this.offset
    const name = concat(parts)
    if (name.length > 255) throw new Error('a name is over 255 octets')
    return name
  }
}
