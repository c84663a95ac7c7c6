import type { EdnsDescription, QueryDescription } from './case.ts'
import { classNumber, concat, nameOctets, octetsOf, typeNumber } from './notation.ts'
import { Flag } from './reply.ts'

/** A query's octets, and what of it the judge has to know. */
export interface WrittenQuery {
  readonly octets: Uint8Array
  readonly id: number
  readonly flags: number
  /** The question section as it went out; empty where the query is given as octets. */
  readonly questions: Uint8Array
  /** The name of the one question. */
  readonly name: Uint8Array | undefined
  readonly type: number
  readonly edns: EdnsDescription | undefined
}

const PAYLOAD = 1232

/** @param origin the zone below which relative names stand. */
export function writeQuery(query: QueryDescription, origin: string, id: number): WrittenQuery {
  const edns = query.edns
  if (query.octets !== undefined) {
    const octets = octetsOf(query.octets, origin, id)
    const flags = ((octets[2] ?? 0) << 8) | (octets[3] ?? 0)
    return { octets, id, flags, questions: new Uint8Array(), name: undefined, type: 0, edns }
  }
  const { name = 'www', type = 'A', class: rrClass = 'IN' } = query
  const asked = query.questions ?? [{ name, type, class: rrClass }]
  const flags =
    (query.flags ?? ['RD']).reduce((sum, flag) => sum | Flag[flag], 0) |
    ((query.opcode ?? 0) << 11) |
    (query.rcode ?? 0)
  const questions = concat(
    asked.map(question =>
      concat([
        nameOctets(question.name, origin),
        u16(typeNumber(question.type)),
        u16(classNumber(question.class ?? 'IN')),
      ]),
    ),
  )
  const sections = [query.answer ?? [], query.authority ?? [], query.additional ?? []]
  const records = sections.map(section => section.map(record => octetsOf(record, origin, id)))
  if (edns !== undefined) records[2]?.push(optRecord(edns, origin))
  const octets = concat([
    ...[id, flags, asked.length, ...records.map(section => section.length)].map(u16),
    questions,
    ...records.flat(),
    octetsOf(query.trailing ?? '', origin, id),
  ])
  const [only] = asked
  return {
    octets,
    id,
    flags,
    questions,
    name: asked.length === 1 && only !== undefined ? nameOctets(only.name, origin) : undefined,
    type: only === undefined ? 0 : typeNumber(only.type),
    edns,
  }
}

function optRecord(edns: EdnsDescription, origin: string): Uint8Array {
  const options = (edns.options ?? []).map(({ code, data }) => {
    const octets = octetsOf(data, origin, 0)
    return concat([u16(code), u16(octets.length), octets])
  })
  const rdata = concat(options)
  const flags = (edns.do === true ? 0x8000 : 0) | (edns.flags ?? 0)
  return concat([
    Uint8Array.of(0),
    ...[41, edns.payload ?? PAYLOAD, edns.version ?? 0, flags, rdata.length].map(u16),
    rdata,
  ])
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff)
}

/** The octets that a client takes over UDP. */
export function payloadOf(query: WrittenQuery): number {
  return query.edns === undefined ? 512 : Math.max(512, query.edns.payload ?? PAYLOAD)
}
