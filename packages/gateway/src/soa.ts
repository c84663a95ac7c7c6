import { type Name, type ResourceRecord, RrClass, RrType, parseName } from '@signpost/dns'

/**
 * The SOA of a name that no zone describes, as locally served zones have it (RFC 6303, section 3).
 * @param minimum seconds for which "no such name" and "no such type" may be kept.
 */
export function localSoa(name: Name, minimum: number): ResourceRecord {
  return {
    name,
    type: RrType.SOA,
    class: RrClass.IN,
    ttl: minimum,
    rdata: {
      kind: 'SOA',
      primary: name,
      mailbox: NOBODY,
      serial: 1,
      refresh: 3600,
      retry: 1200,
      expire: 604_800,
      minimum,
    },
  }
}

const NOBODY: Name = parseName('nobody.invalid.')
