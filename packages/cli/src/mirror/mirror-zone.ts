import { type Zone, type ZoneId, apexOf } from '@signpost/core'
import {
  InvalidNameError,
  type Name,
  type ResourceRecord,
  RrClass,
  RrType,
  mapRdataNames,
} from '@signpost/dns'
import { setKey } from '../collecting/set-key.ts'
import { zoneOfRecords } from '../zone/zone-text.ts'
import { type LeftOut, LeftOutCounts } from './gathering.ts'
import type { LeftOutReason } from './place.ts'

/** Seconds for which others keep that a label is handed to another key. */
const HANDOVER_TTL = 3600

/** A label, or several in a row, below the domain, and the key that has all names from there on. */
export interface Handover {
  /** The ordinary name. */
  readonly name: Name
  readonly zoneId: ZoneId
}

export interface MirrorRequest {
  readonly domain: Name
  readonly zoneId: ZoneId
  /** In ordinary names, those that have no place in the zone left out. */
  readonly records: readonly ResourceRecord[]
  readonly handovers: readonly Handover[]
  /** What was left out before. */
  readonly leftOut: readonly LeftOut[]
}

export interface Mirror {
  /** Undefined where nothing is left. */
  readonly zone: Zone | undefined
  readonly leftOut: readonly LeftOut[]
  /** Ordinary names from which on ordinary name servers have the names: no key can speak for those. */
  readonly delegated: readonly Name[]
  /** Ordinary names and types of RRsets whose records had different TTLs; the least of them counts now. */
  readonly uneven: readonly ResourceRecord[]
}

/**
 * Makes the signed zone of a domain's records: `www.example.com.` becomes `www.<zoneid>.`, as owner and in rdata, and names
 * of other domains stay.
 * @throws InvalidZoneFileError for records that make no zone, such as data beside a CNAME.
 */
export function mirrorZone({ domain, zoneId, records, handovers, leftOut }: MirrorRequest): Mirror {
  const counts = new LeftOutCounts(leftOut)
  const sift = (
    from: readonly ResourceRecord[],
    reasonFor: (record: ResourceRecord) => LeftOutReason | undefined,
  ): ResourceRecord[] =>
    from.filter(record => {
      const reason = reasonFor(record)
      if (reason !== undefined) counts.add(reason, record)
      return reason === undefined
    })
  const own = sift(records, ({ name }) =>
    handovers.some(handover => name.isAtOrBelow(handover.name)) ? 'handed-over' : undefined,
  )
  const cuts = new Cuts(domain, own)
  const reached = sift(own, record => cuts.reasonToLeaveOut(record))
  const { even, uneven } = withOneTtl(reached)
  const apex = apexOf(zoneId)
  const moved = even.flatMap(record => {
    const result = movedTo(record, domain, apex)
    if (result === undefined) counts.add('too-long', record)
    return result ?? []
  })
  moved.push(...handovers.map(handover => recordOf(handover, domain, apex)))
  return {
    // A zone of handovers alone would deny all else that the domain has.
    zone: even.length === 0 ? undefined : zoneOfRecords(moved, domain.toString(), zoneId),
    leftOut: counts.all,
    delegated: cuts.delegated,
    uneven,
  }
}

/** The same record below the apex; undefined where a name in it becomes too long. */
function movedTo(record: ResourceRecord, domain: Name, apex: Name): ResourceRecord | undefined {
  const move = (name: Name): Name => (name.isAtOrBelow(domain) ? name.rebase(domain, apex) : name)
  try {
    return { ...record, name: move(record.name), rdata: mapRdataNames(record.rdata, move) }
  } catch (error) {
    if (error instanceof InvalidNameError) return undefined
    throw error
  }
}

function recordOf({ name, zoneId }: Handover, domain: Name, apex: Name): ResourceRecord {
  return {
    name: name.rebase(domain, apex),
    type: RrType.NS,
    class: RrClass.IN,
    ttl: HANDOVER_TTL,
    rdata: { kind: 'NS', nameServer: apexOf(zoneId) },
  }
}

const AT_CUT: ReadonlySet<number> = new Set([RrType.NS, RrType.DS])
const ADDRESSES: ReadonlySet<number> = new Set([RrType.A, RrType.AAAA])

/** Where names below a domain end to be of its zone: at delegations, and below DNAMEs. */
class Cuts {
  private readonly domain: Name
  /** By the keys of their names. */
  private readonly cuts = new Map<string, Name>()
  private readonly redirected = new Set<string>()
  /** Name servers by the key of the delegation. */
  private readonly servers = new Map<string, Set<string>>()

  constructor(domain: Name, records: readonly ResourceRecord[]) {
    this.domain = domain
    for (const { name, type, rdata } of records) {
      if (type === RrType.DNAME) this.redirected.add(name.key)
      if (rdata.kind !== 'NS' || name.equals(domain)) continue
      this.cuts.set(name.key, name)
      const servers = this.servers.get(name.key) ?? new Set()
      servers.add(rdata.nameServer.key)
      this.servers.set(name.key, servers)
    }
  }

  get delegated(): Name[] {
    return [...this.cuts.values()].filter(name => this.occluderOf(name.parent) === undefined)
  }

  reasonToLeaveOut({ name, type }: ResourceRecord): LeftOutReason | undefined {
    const above = name.equals(this.domain) ? undefined : this.occluderOf(name.parent)
    const isCut = this.cuts.has(name.key)
    if (above === undefined && !isCut) return undefined
    if (above === undefined && AT_CUT.has(type)) return undefined
    const cut = above ?? name
    const servers = this.servers.get(cut.key)
    if (servers === undefined || !ADDRESSES.has(type)) return 'occluded'
    return servers.has(name.key) ? undefined : 'glue'
  }

  /** The highest name, at or above this one and within the domain, below which other names are not of the zone. */
  private occluderOf(name: Name): Name | undefined {
    let highest: Name | undefined
    for (let at = name; at.isAtOrBelow(this.domain); at = at.parent) {
      if (this.cuts.has(at.key) || this.redirected.has(at.key)) highest = at
      if (at.isRoot) break
    }
    return highest
  }
}

/** Records whose RRset has one TTL, the least of all (RFC 2181, section 5.2). */
function withOneTtl(records: readonly ResourceRecord[]): {
  even: ResourceRecord[]
  uneven: ResourceRecord[]
} {
  const least = new Map<string, number>()
  const uneven = new Map<string, ResourceRecord>()
  for (const record of records) {
    const key = setKey(record)
    const known = least.get(key)
    if (known !== undefined && known !== record.ttl) uneven.set(key, record)
    least.set(key, Math.min(known ?? record.ttl, record.ttl))
  }
  const even = records.map(record => {
    const ttl = least.get(setKey(record)) ?? record.ttl
    return ttl === record.ttl ? record : { ...record, ttl }
  })
  return { even, uneven: [...uneven.values()] }
}
