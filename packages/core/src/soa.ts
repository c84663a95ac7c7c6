import { Name, RrClass, RrType, type RrSet } from '@signpost/dns'
import type { Zone } from './zone.ts'
import { setOfType } from './zone-index.ts'

/** Seconds for which a negative answer from a zone without an SOA of its own may be kept (RFC 2308, section 5). */
export const NEGATIVE_TTL = 300

// No secondary ever transfers the zone, so the timers are merely sane (RFC 1912, section 2.2).
const REFRESH = 3600
const RETRY = 600
const EXPIRE = 1_209_600

/** The zone's own SOA, or one made from the sequence, whose serial is the sequence modulo 2^32. */
export function soaOf(zone: Zone, sequence: number): RrSet {
  const apexNode = zone.index.get(zone.apex.key)
  const own = apexNode && setOfType(apexNode, RrType.SOA)
  if (own !== undefined) return own
  return {
    name: zone.apex,
    type: RrType.SOA,
    class: RrClass.IN,
    ttl: NEGATIVE_TTL,
    rdatas: [
      {
        kind: 'SOA',
        primary: zone.apex,
        // RFC 1035, section 3.3.13 wants a mailbox; a key has none.
        mailbox: Name.root,
        serial: sequence % 2 ** 32,
        refresh: REFRESH,
        retry: RETRY,
        expire: EXPIRE,
        minimum: NEGATIVE_TTL,
      },
    ],
  }
}
