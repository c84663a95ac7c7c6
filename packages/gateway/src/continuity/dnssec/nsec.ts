import { type Name, type Rdata, RrType, compareNames } from '@signpost/dns'
import { readName } from './octets.ts'
import type { Absence, Evidence } from './evidence.ts'
import { readTypes } from './type-bitmap.ts'

/** RFC 4034, section 4. */
export interface Nsec {
  readonly owner: Name
  /** The next name of the zone in canonical order; behind the last one, the apex. */
  readonly next: Name
  readonly types: ReadonlySet<number>
}

/** Undefined where the rdata is no NSEC. */
export function decodeNsec(owner: Name, rdata: Rdata): Nsec | undefined {
  if (rdata.kind !== 'UNKNOWN') return undefined
  const next = readName(rdata.octets, 0)
  if (next === undefined) return undefined
  const types = readTypes(rdata.octets, next.wire.length)
  return types && { owner, next, types }
}

/**
 * What names below it are not the zone's to speak for: another zone has them (RFC 6840, section 4.1), or a DNAME
 * redirects them (RFC 6672, section 5.3.4.2).
 */
export function handsAway(types: ReadonlySet<number>): boolean {
  return isDelegation(types) || types.has(RrType.DNAME)
}

/** Types as the parent has them at a zone cut. */
export function isDelegation(types: ReadonlySet<number>): boolean {
  return types.has(RrType.NS) && !types.has(RrType.SOA)
}

/** @param records verified, all of the zone. */
export function evidenceOfNsec(records: readonly Nsec[], zone: Name): Evidence {
  const absenceOf = (name: Name): Absence | undefined => {
    const nsec = records.find(record => covers(record, name, zone))
    if (nsec === undefined) return undefined
    if (nsec.next.isAtOrBelow(name)) return { kind: 'empty' }
    const [one, other] = [sharedPart(name, nsec.owner), sharedPart(name, nsec.next)]
    return { kind: 'absent', encloser: one.labelCount > other.labelCount ? one : other, optOut: false }
  }
  return {
    typesAt: name => records.find(({ owner }) => owner.equals(name))?.types,
    absenceOf,
    absenceBelow(name, encloser) {
      const absence = absenceOf(name)
      return absence?.kind === 'absent' && absence.encloser.equals(encloser) ? absence : undefined
    },
  }
}

function covers({ owner, next, types }: Nsec, name: Name, zone: Name): boolean {
  if (!next.isAtOrBelow(zone) || compareNames(owner, name) >= 0) return false
  if (!next.equals(zone) && compareNames(name, next) >= 0) return false
  return !(name.isAtOrBelow(owner) && handsAway(types))
}

function sharedPart(name: Name, other: Name): Name {
  let ancestor = name
  while (!other.isAtOrBelow(ancestor)) ancestor = ancestor.parent
  return ancestor
}
