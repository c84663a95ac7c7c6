import { type Name, type RrSet, compareNames, printRdata, printRrType, rdataOctets } from '@signpost/dns'
import { compareOctets } from './octets.ts'
import { relativeName } from './relative-name.ts'
import { type ZoneId, apexOf } from './zone-id.ts'
import type { Zone } from './zone.ts'

/** An RRset that differs between two versions of a zone; undefined in the version that does not have it. */
export interface RrSetChange {
  readonly name: Name
  readonly type: number
  readonly before: RrSet | undefined
  readonly after: RrSet | undefined
}

/** What turns one version of a zone into another one, RRset by RRset in canonical order (RFC 4034, section 6.1). */
export function diffZones(before: Zone | undefined, after: Zone | undefined): RrSetChange[] {
  const [old, now] = [setsByKey(before), setsByKey(after)]
  const changes: RrSetChange[] = []
  for (const [key, { name, type }] of new Map([...old, ...now])) {
    const change = { name, type, before: old.get(key), after: now.get(key) }
    if (!sameSet(change.before, change.after)) changes.push(change)
  }
  return changes.sort((a, b) => compareNames(a.name, b.name) || a.type - b.type)
}

/**
 * Changes as lines of the zone file of `zoneId`, `- ` before a record that goes and `+ ` before one that comes. A
 * record that stays is no line, unless its RRset's TTL changes.
 */
export function printZoneDiff(changes: readonly RrSetChange[], zoneId: ZoneId): string[] {
  return changes.flatMap(({ before, after }) => {
    const [old, now] = [linesOf(before, zoneId), linesOf(after, zoneId)]
    return [
      ...old.filter(line => !now.includes(line)).map(line => `- ${line}`),
      ...now.filter(line => !old.includes(line)).map(line => `+ ${line}`),
    ]
  })
}

/** The RRsets of a zone by owner name and type. */
export function setsByKey(zone: Zone | undefined): Map<string, RrSet> {
  return new Map(zone?.sets.map(set => [`${set.type} ${set.name.key}`, set]))
}

/** Whether both are the same RRset or both are none: TTL and rdata, to the octet. */
export function sameSet(a: RrSet | undefined, b: RrSet | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.ttl !== b.ttl || a.rdatas.length !== b.rdatas.length) return false
  // Both are in canonical order.
  return a.rdatas.every((rdata, at) => {
    const other = b.rdatas[at]
    return other !== undefined && compareOctets(rdataOctets(a.type, rdata), rdataOctets(b.type, other)) === 0
  })
}

function linesOf(set: RrSet | undefined, zoneId: ZoneId): string[] {
  if (set === undefined) return []
  const apex = apexOf(zoneId)
  const printName = (name: Name): string => relativeName(name, apex)
  return set.rdatas.map(rdata =>
    [printName(set.name), set.ttl, printRrType(set.type), printRdata(set.type, rdata, printName)].join(' '),
  )
}
