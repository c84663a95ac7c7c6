import { type Name, type Rdata, type ResourceRecord, type RrSet, recordsOf } from '@signpost/dns'
import { EmptyZoneError, InvalidZoneError } from './errors.ts'
import { ownerProblems } from './owner-rules.ts'
import { type ZoneIndex, indexZone } from './zone-index.ts'
import { type ZoneId, apexOf } from './zone-id.ts'
import { decodeAnswers, encodeAnswers } from './zone-message.ts'
import { type GroupedRecords, groupRecords } from './zone-sets.ts'

/** RFC 1035, section 4.1.1: ANCOUNT has 16 bits. A zone that fits a signed record has some hundreds of records. */
const MAX_ZONE_RECORDS = 65_535

/** All RRsets under one key. Immutable; owner names are in lower case, names in rdata as the owner wrote them. */
export interface Zone {
  readonly id: ZoneId
  /** `<zoneid>.` */
  readonly apex: Name
  /** At least one, in canonical order (RFC 4034, section 6): by owner name, then by type. */
  readonly sets: readonly RrSet[]
  /** What `lookup` reads. */
  readonly index: ZoneIndex
}

/**
 * Makes a zone of what its owner wrote, in any order; a record that comes twice is kept once.
 * @throws EmptyZoneError for no records.
 * @throws InvalidZoneError that lists everything wrong: an owner name outside the zone, a class other than IN, a
 * meta type, two TTLs in one RRset (RFC 2181, section 5.2), data beside a CNAME, two CNAMEs or DNAMEs, an SOA
 * below the apex, NS or DNAME at a wildcard, and records that nobody would ever be given: below a DNAME or a
 * delegation, or a delegation whose name servers have no address.
 */
export function createZone(id: ZoneId, records: Iterable<ResourceRecord>): Zone {
  const zone = zoneOf(id, groupRecords(apexOf(id), records, typedRdata))
  const problems = ownerProblems(zone.index)
  if (problems.length > 0) throw new InvalidZoneError(problems)
  return zone
}

/**
 * Makes a zone of what is signed already. The rules are those that `lookup` stands on; what is merely useless is
 * left alone, so that a zone which one version signed is not refused by the next.
 * @throws EmptyZoneError, InvalidZoneError
 */
export function zoneOfDecoded(id: ZoneId, records: Iterable<ResourceRecord>): Zone {
  return zoneOf(
    id,
    groupRecords(apexOf(id), records, ({ rdata }) => rdata),
  )
}

function zoneOf(id: ZoneId, { sets, problems }: GroupedRecords): Zone {
  if (problems.length > 0) throw new InvalidZoneError(problems)
  const last = sets.at(-1)
  if (last === undefined) throw new EmptyZoneError()
  const count = sets.reduce((sum, set) => sum + set.rdatas.length, 0)
  if (count > MAX_ZONE_RECORDS) {
    const message = `the zone has ${count} records; ${MAX_ZONE_RECORDS} is the most that a DNS message can count`
    throw new InvalidZoneError([{ name: last.name, type: last.type, message }])
  }
  const apex = apexOf(id)
  return { id, apex, sets, index: indexZone(apex, sets) }
}

// There and back on the wire: rdata that was given as bare octets (RFC 3597) becomes typed, and bad rdata shows here.
function typedRdata(record: ResourceRecord): Rdata {
  return decodeAnswers(encodeAnswers([record]))?.[0]?.rdata ?? record.rdata
}

/** The records of a zone in canonical order. */
export function zoneRecords(zone: Zone): ResourceRecord[] {
  return zone.sets.flatMap(recordsOf)
}
