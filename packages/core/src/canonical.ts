import {
  Name,
  type Rdata,
  type RrSet,
  compareNames,
  compareRdata,
  rdataOctets,
  sameRdata,
} from '@signpost/dns'
import { compareOctets } from './octets.ts'

/** The same name with its letters in lower case (RFC 4034, section 6.2). */
export function foldName(name: Name): Name {
  // Length octets are at most 63, below the letters.
  for (const octet of name.wire)
    if (octet >= 0x41 && octet <= 0x5a)
      return Name.fromTrustedWire(Uint8Array.from(name.key, char => char.charCodeAt(0)))
  return name
}

/** Canonical order: by owner name (RFC 4034, section 6.1), then by type. */
export function inCanonicalOrder(sets: readonly RrSet[]): RrSet[] {
  return sets.toSorted((a, b) => compareNames(a.name, b.name) || a.type - b.type)
}

/**
 * The rdatas of one set in canonical order (RFC 4034, section 6.3), each once. Two that differ in the case of names
 * only are one; which spelling stays does not depend on the order in which they came.
 */
export function canonicalRdatas(type: number, rdatas: readonly Rdata[]): Rdata[] {
  const exactly = (a: Rdata, b: Rdata): number => compareOctets(rdataOctets(type, a), rdataOctets(type, b))
  const sorted = rdatas.toSorted((a, b) => compareRdata(type, a, b) || exactly(a, b))
  return sorted.filter((rdata, at) => at === 0 || !sameRdata(type, rdata, sorted[at - 1] as Rdata))
}
