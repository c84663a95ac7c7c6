import {
  MAX_TTL,
  type Message,
  type Name,
  RrClass,
  RrType,
  type ResourceRecord,
  type RrSet,
  SignpostError,
  decodeMessage,
  encodeMessage,
  isMetaType,
  printRrClass,
} from '@signpost/dns'
import { canonicalRdatas, foldName, nameOrder } from './canonical.ts'
import type { ZoneProblem } from './errors.ts'

/** RRsets in canonical order, as far as the records make any, and all that keeps them from making a zone. */
export interface GroupedRecords {
  readonly sets: readonly RrSet[]
  readonly problems: readonly ZoneProblem[]
}

/** Sorts records into RRsets, whatever their order, and checks them against the rules that `lookup` stands on. */
export function groupRecords(apex: Name, records: Iterable<ResourceRecord>): GroupedRecords {
  const problems: ZoneProblem[] = []
  const groups = new Map<string, ResourceRecord[]>()
  for (const record of records) {
    const read = readRecord(apex, record)
    if (typeof read === 'string') {
      problems.push({ name: record.name, type: record.type, message: read })
      continue
    }
    const key = `${read.type} ${read.name.key}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [read])
    else group.push(read)
  }
  const sets = [...groups.values()].map(group => setOf(group, problems))
  problems.push(...setProblems(apex, sets))
  return { sets: inCanonicalOrder(sets), problems }
}

function inCanonicalOrder(sets: readonly RrSet[]): RrSet[] {
  return sets
    .map(set => ({ set, order: nameOrder(set.name) }))
    .sort((a, b) => (a.order === b.order ? a.set.type - b.set.type : a.order < b.order ? -1 : 1))
    .map(({ set }) => set)
}

// The record with its owner name in lower case and its rdata typed, or what is wrong with it.
function readRecord(apex: Name, record: ResourceRecord): ResourceRecord | string {
  const { name, type, ttl } = record
  if (!name.isAtOrBelow(apex)) return `the owner name is outside the zone; names end in ${apex.toString()}`
  if (record.class !== RrClass.IN)
    return `the class is ${printRrClass(record.class)}; a zone has class IN only`
  if (!Number.isInteger(type) || type <= 0 || type > 0xffff || isMetaType(type))
    return 'the type is one of questions, not of data'
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > MAX_TTL)
    return `the TTL ${ttl} is no whole number of seconds from 0 to ${MAX_TTL}`
  try {
    // There and back: rdata that was given as bare octets (RFC 3597) becomes typed, and bad rdata shows here.
    const [read] = decodeMessage(encodeMessage({ ...EMPTY_MESSAGE, answers: [record] })).answers
    if (read === undefined) return 'the record does not survive its wire form'
    return { ...record, name: foldName(name), rdata: read.rdata }
  } catch (error) {
    if (error instanceof SignpostError) return error.message
    throw error
  }
}

const EMPTY_MESSAGE: Message = {
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
  answers: [],
  authorities: [],
  additionals: [],
}

function setOf(group: readonly ResourceRecord[], problems: ZoneProblem[]): RrSet {
  const { name, type, class: rrClass, ttl } = group[0] as ResourceRecord
  const ttls = new Set(group.map(record => record.ttl))
  if (ttls.size > 1) {
    const message = `the records of one RRset have different TTLs (${[...ttls].join(', ')}); give them one`
    problems.push({ name, type, message })
  }
  return {
    name,
    type,
    class: rrClass,
    ttl,
    rdatas: canonicalRdatas(
      type,
      group.map(record => record.rdata),
    ),
  }
}

function setProblems(apex: Name, sets: readonly RrSet[]): ZoneProblem[] {
  const problems: ZoneProblem[] = []
  const aliases = new Set(sets.filter(set => set.type === RrType.CNAME).map(set => set.name.key))
  for (const { name, type, rdatas } of sets) {
    const add = (message: string): void => void problems.push({ name, type, message })
    if (type !== RrType.CNAME && aliases.has(name.key))
      add('a name that has a CNAME can have no other records (RFC 1034, section 3.6.2)')
    if ((type === RrType.CNAME || type === RrType.DNAME || type === RrType.SOA) && rdatas.length > 1)
      add(`the name has ${rdatas.length} of them; one is the most`)
    if (type === RrType.SOA && !name.equals(apex)) add('an SOA stands at the apex only')
    if ((type === RrType.NS || type === RrType.DNAME) && name.isWildcard)
      add('this type has no meaning at a wildcard (RFC 4592, sections 4.2 and 4.4)')
  }
  return problems
}
