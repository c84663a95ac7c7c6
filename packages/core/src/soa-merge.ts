import { type RrSet, RrType } from '@signpost/dns'
import { sameSet } from './zone-diff.ts'

/**
 * The SOA for a zone with two changes in it, where both gave theirs a new serial, as every editor of a zone file does:
 * what one of them changed besides, under a serial after both. Undefined where both changed the rest as well.
 */
export function mergeSoa(
  before: RrSet | undefined,
  here: RrSet | undefined,
  there: RrSet | undefined,
): RrSet | undefined {
  if (here === undefined || there === undefined || here.type !== RrType.SOA) return undefined
  const serials = [serialOf(here), serialOf(there)]
  const rest = [before, here, there].map(set => set && withSerial(set, 0))
  const chosen = sameSet(rest[1], rest[0]) ? there : here
  const isOneSided = sameSet(rest[1], rest[0]) || sameSet(rest[2], rest[0]) || sameSet(rest[1], rest[2])
  return isOneSided ? withSerial(chosen, laterSerial(serials[0] ?? 0, serials[1] ?? 0) + 1) : undefined
}

function serialOf(set: RrSet): number {
  const soa = set.rdatas[0]
  return soa?.kind === 'SOA' ? soa.serial : 0
}

function withSerial(set: RrSet, serial: number): RrSet {
  return {
    ...set,
    rdatas: set.rdatas.map(rdata => (rdata.kind === 'SOA' ? { ...rdata, serial: serial % 2 ** 32 } : rdata)),
  }
}

/** RFC 1982, section 3.2: serials go round. */
function laterSerial(a: number, b: number): number {
  return (b - a + 2 ** 32) % 2 ** 32 < 2 ** 31 ? b : a
}
