import { type Zone, zoneRecords } from '@signpost/core'
import { type ResourceRecord, printRdata, printRecord, printRrType } from '@signpost/dns'
import { relativeName } from './relative-name.ts'

/** What a new version of a zone changes, as lines of a zone file. */
export interface ZoneDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export function diffZones(before: Zone | undefined, after: Zone | undefined): ZoneDiff {
  const old = linesOf(before)
  const now = linesOf(after)
  return { added: onlyIn(now, old), removed: onlyIn(old, now) }
}

function onlyIn(some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] {
  return [...some].filter(([record]) => !others.has(record)).map(([, line]) => line)
}

// By the whole record, which tells two records apart; the line is for people.
function linesOf(zone: Zone | undefined): Map<string, string> {
  if (zone === undefined) return new Map()
  return new Map(zoneRecords(zone).map(record => [printRecord(record), lineOf(record, zone)]))
}

function lineOf({ name, ttl, type, rdata }: ResourceRecord, zone: Zone): string {
  const data = printRdata(type, rdata).replaceAll(`.${zone.id}.`, '')
  return `${relativeName(name, zone.apex)} ${ttl} ${printRrType(type)} ${data}`
}
