import {
  MAX_TTL,
  type Name,
  type Rdata,
  RrClass,
  RrType,
  type ResourceRecord,
  type RrSet,
  SignpostError,
  isMetaType,
  printRrClass,
} from '@signpost/dns'
import { canonicalRdatas, foldName, inCanonicalOrder } from './canonical.ts'
import type { ZoneProblem } from './errors.ts'

/** RRsets in canonical order, as far as the records make any, and all that keeps them from making a zone. */
export interface GroupedRecords {
  readonly sets: readonly RrSet[]
  readonly problems: readonly ZoneProblem[]
}

/**
 * Sorts records into RRsets, whatever their order, and checks them against the rules that `lookup` stands on.
 * @param rdataOf the rdata to keep of a record; throws a SignpostError where it is broken.
 */
export function groupRecords(
  apex: Name,
  records: Iterable<ResourceRecord>,
  rdataOf: (record: ResourceRecord) => Rdata,
): GroupedRecords {
  const problems: ZoneProblem[] = []
  const groups = new Map<string, ResourceRecord[]>()
  for (const record of records) {
    const { name, type } = record
    const rdata = recordProblem(apex, record) ?? readRdata(record, rdataOf)
    if (typeof rdata === 'string') {
      problems.push({ name, type, message: rdata })
      continue
    }
    const key = `${type} ${name.key}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ ...record, rdata }])
    else group.push({ ...record, rdata })
  }
  const sets = [...groups.values()].map(group => setOf(group, problems))
  problems.push(...setProblems(apex, sets))
  return { sets: inCanonicalOrder(sets), problems }
}

// Why a record, looked at by itself, cannot be in the zone.
function recordProblem(apex: Name, { name, type, class: rrClass, ttl }: ResourceRecord): string | undefined {
  if (!name.isAtOrBelow(apex)) return `the owner name is outside the zone; names end in ${apex.toString()}`
  if (rrClass !== RrClass.IN) return `the class is ${printRrClass(rrClass)}; a zone has class IN only`
  if (!Number.isInteger(type) || type <= 0 || type > 0xffff || isMetaType(type))
    return 'the type is one of questions, not of data'
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > MAX_TTL)
    return `the TTL ${ttl} is no whole number of seconds from 0 to ${MAX_TTL}`
  return undefined
}

// The rdata, or what is wrong with it.
function readRdata(record: ResourceRecord, rdataOf: (record: ResourceRecord) => Rdata): Rdata | string {
  try {
    return rdataOf(record)
  } catch (error) {
    if (error instanceof SignpostError) return error.message
    throw error
  }
}

function setOf(group: readonly ResourceRecord[], problems: ZoneProblem[]): RrSet {
  const { name, type, class: rrClass, ttl } = group[0] as ResourceRecord
  const ttls = new Set(group.map(record => record.ttl))
  if (ttls.size > 1) {
    const message = `the records of one RRset have different TTLs (${[...ttls].join(', ')}); give them one`
    problems.push({ name, type, message })
  }
  const rdatas = group.map(record => record.rdata)
  return { name: foldName(name), type, class: rrClass, ttl, rdatas: canonicalRdatas(type, rdatas) }
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
