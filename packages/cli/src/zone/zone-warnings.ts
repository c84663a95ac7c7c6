import { type Zone, lookup, relativeName, zoneRecords } from '@signpost/core'
import { type Name, type ResourceRecord, RrType, mapRdataNames, printRrType } from '@signpost/dns'
import type { ZoneSize } from './zone-size.ts'

/** From here on a zone is about to outgrow its record. */
const NEARLY_FULL = 0.9

// RFC 2181, section 10.3, and RFC 2782: the hosts that these name must not be aliases.
const NO_ALIAS: ReadonlySet<number> = new Set([RrType.MX, RrType.NS, RrType.SRV])

/** What is probably not meant in a zone that could be signed all the same. */
export function zoneWarnings(zone: Zone, { octets, limit }: ZoneSize): string[] {
  const warnings = zoneRecords(zone).flatMap(record =>
    targetsOf(record).flatMap(target => aboutTarget(zone, record, target)),
  )
  if (octets > limit)
    warnings.push(`the record would have ${octets - limit} octets too many; delegate labels to a second key`)
  else if (octets > limit * NEARLY_FULL)
    warnings.push(`only ${limit - octets} octets are left; think of delegating labels to a second key`)
  return [...new Set(warnings)]
}

// Names in rdata that ought to lead somewhere. An SOA's do not: its mailbox is no host.
function targetsOf({ type, rdata }: ResourceRecord): Name[] {
  const targets: Name[] = []
  if (type === RrType.SOA) return targets
  mapRdataNames(rdata, name => {
    targets.push(name)
    return name
  })
  return targets
}

function aboutTarget(zone: Zone, { name: owner, type }: ResourceRecord, target: Name): string[] {
  if (!target.isAtOrBelow(zone.apex)) return []
  const { kind } = lookup(zone, target, RrType.ANY)
  const where = `${relativeName(owner, zone.apex)} ${printRrType(type)}`
  if (kind === 'no-name')
    return [
      `${where}: there is no ${relativeName(target, zone.apex)} in the zone; an ordinary name ends with a dot`,
    ]
  if (kind !== 'no-data' && NO_ALIAS.has(type) && lookup(zone, target, RrType.A).kind === 'alias')
    return [`${where}: ${relativeName(target, zone.apex)} is an alias (CNAME); name the host itself`]
  return []
}
