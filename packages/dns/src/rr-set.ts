import { canonicalRdataOctets } from './canonical-order.ts'
import type { Rdata } from './rdata/rdata.ts'
import type { ResourceRecord, RrSet } from './record.ts'
import { printHex } from './rdata/hex.ts'

/**
 * Puts records of one name, class and type together (RFC 2181, section 5). Sets and the rdata in them stand in the
 * order in which they come first; rdata that comes again is dropped. Where TTLs differ, the lowest is the set's
 * (RFC 2181, section 5.2).
 */
export function groupIntoSets(records: Iterable<ResourceRecord>): RrSet[] {
  const groups = new Map<string, { set: RrSet; rdatas: Map<string, Rdata> }>()
  for (const record of records) {
    const key = `${record.class} ${record.type} ${record.name.key}`
    const { name, type, class: rrClass, ttl } = record
    const group = groups.get(key) ?? {
      set: { name, type, class: rrClass, ttl, rdatas: [] },
      rdatas: new Map(),
    }
    const rdataKey = printHex(canonicalRdataOctets(type, record.rdata))
    if (!group.rdatas.has(rdataKey)) group.rdatas.set(rdataKey, record.rdata)
    groups.set(key, { set: { ...group.set, ttl: Math.min(group.set.ttl, ttl) }, rdatas: group.rdatas })
  }
  return Array.from(groups.values(), ({ set, rdatas }) => ({ ...set, rdatas: [...rdatas.values()] }))
}
