import {
  type Message,
  type Name,
  Rcode,
  type ResourceRecord,
  RrType,
  parseName,
  parseZoneFile,
} from '@signpost/dns'

/** A zone that is answered for, without delegations, aliases and wildcards. */
export interface ServedZone {
  readonly apex: Name
  readonly records: readonly ResourceRecord[]
}

export function servedZone(domain: string, text: string): ServedZone {
  const apex = parseName(`${domain}.`)
  return { apex, records: parseZoneFile(text, { origin: apex }) }
}

/** The reply of an authoritative server (RFC 1034, section 4.3.2; RFC 2308, sections 2.1 and 2.2). */
export function answerFrom({ apex, records }: ServedZone, query: Message): Message {
  const { edns: _edns, ...header } = query
  const reply: Message = {
    ...header,
    response: true,
    authoritative: true,
    answers: [],
    authorities: [],
    additionals: [],
  }
  const [question] = query.questions
  if (question === undefined || !question.name.isAtOrBelow(apex))
    return { ...reply, rcode: Rcode.REFUSED, authoritative: false }
  const answers = records.filter(({ name, type }) => name.equals(question.name) && type === question.type)
  if (answers.length > 0) return { ...reply, answers }
  const exists = records.some(({ name }) => name.isAtOrBelow(question.name))
  const authorities = records.filter(({ type }) => type === RrType.SOA)
  return { ...reply, rcode: exists ? Rcode.NOERROR : Rcode.NXDOMAIN, authorities }
}
