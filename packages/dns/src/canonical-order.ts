import { Name } from './name.ts'
import { mapRdataNames } from './rdata/map-names.ts'
import type { Rdata } from './rdata/rdata.ts'
import { rdataOctets } from './record.ts'
import { RrType } from './rr-type.ts'

/**
 * Canonical order of names (RFC 4034, section 6.1): label by label from the right, in lower case, so that a zone's
 * names stand together and an ancestor comes before what is below it.
 * @returns less than, equal to or more than zero, as `sort` wants it.
 */
export function compareNames(left: Name, right: Name): number {
  if (left.key === right.key) return 0
  const leftLabels = labelKeysOf(left)
  const rightLabels = labelKeysOf(right)
  const shared = Math.min(leftLabels.length, rightLabels.length)
  for (let at = 0; at < shared; at++) {
    const leftLabel = leftLabels[at] ?? ''
    const rightLabel = rightLabels[at] ?? ''
    if (leftLabel !== rightLabel) return leftLabel < rightLabel ? -1 : 1
  }
  return leftLabels.length - rightLabels.length
}

/** Labels in lower case, one character an octet, the rightmost first. */
function labelKeysOf(name: Name): string[] {
  const { key } = name
  const labels: string[] = []
  for (let at = 0; key.charCodeAt(at) !== 0; at += key.charCodeAt(at) + 1)
    labels.push(key.slice(at + 1, at + 1 + key.charCodeAt(at)))
  return labels.toReversed()
}

/** RFC 4034, section 6.2, names these types; the names in the rdata of later ones keep their case (RFC 3597, section 7). */
const FOLDED: ReadonlySet<number> = new Set([
  RrType.NS,
  RrType.CNAME,
  RrType.SOA,
  RrType.PTR,
  RrType.MX,
  RrType.RP,
  RrType.AFSDB,
  RrType.SRV,
  RrType.NAPTR,
  RrType.DNAME,
])

/** The rdata's octets in canonical form (RFC 4034, section 6.2): names in full and, in the older types, in lower case. */
export function canonicalRdataOctets(type: number, rdata: Rdata): Uint8Array {
  return rdataOctets(type, FOLDED.has(type) ? mapRdataNames(rdata, foldName) : rdata)
}

function foldName(name: Name): Name {
  return Name.fromTrustedWire(Uint8Array.from(name.key, char => char.charCodeAt(0)))
}

/**
 * Canonical order of the rdata of one type (RFC 4034, section 6.3): by octets, the shorter first where one begins
 * with the other. @returns less than, equal to or more than zero, as `sort` wants it.
 */
export function compareRdata(type: number, left: Rdata, right: Rdata): number {
  const leftOctets = canonicalRdataOctets(type, left)
  const rightOctets = canonicalRdataOctets(type, right)
  const shared = Math.min(leftOctets.length, rightOctets.length)
  for (let at = 0; at < shared; at++) {
    const difference = (leftOctets[at] ?? 0) - (rightOctets[at] ?? 0)
    if (difference !== 0) return difference
  }
  return leftOctets.length - rightOctets.length
}

/** True where two rdata of one type are the same data: letter case in names does not count, in the older types. */
export function sameRdata(type: number, left: Rdata, right: Rdata): boolean {
  return compareRdata(type, left, right) === 0
}
