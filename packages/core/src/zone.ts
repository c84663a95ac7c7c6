import { type Name, type ResourceRecord, type RrSet, recordsOf } from '@signpost/dns'
import { EmptyZoneError, InvalidZoneError } from './errors.ts'
import { ownerProblems } from './owner-rules.ts'
import { type ZoneIndex, indexZone } from './zone-index.ts'
import { type ZoneId, apexOf } from './zone-id.ts'
import { groupRecords } from './zone-sets.ts'

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
  const zone = zoneOfRecords(id, records)
  const problems = ownerProblems(zone.index)
  if (problems.length > 0) throw new InvalidZoneError(problems)
  return zone
}

/**
 * Makes a zone of what is signed already. The rules are those that `lookup` stands on; what is merely useless is
 * left alone, so that a zone which one version signed is not refused by the next.
 * @throws EmptyZoneError, InvalidZoneError
 */
export function zoneOfRecords(id: ZoneId, records: Iterable<ResourceRecord>): Zone {
  const apex = apexOf(id)
  const { sets, problems } = groupRecords(apex, records)
  if (problems.length > 0) throw new InvalidZoneError(problems)
  if (sets.length === 0) throw new EmptyZoneError()
  return { id, apex, sets, index: indexZone(apex, sets) }
}

/** The records of a zone in canonical order. */
export function zoneRecords(zone: Zone): ResourceRecord[] {
  return zone.sets.flatMap(recordsOf)
}
