import { type ZoneId, apexOf, zoneIdFromText, zoneIdOfName } from '@signpost/core'
import { Name, type ResourceRecord, type RrSet, mapRdataNames, recordsOf } from '@signpost/dns'

/** The zone that a user calls by a short name of their own. Asked in lower case, for labels of every kind. */
export type PetnameLookup = (petname: string) => ZoneId | undefined

/** Whose a name is. */
export type Place =
  /** In a signed zone. `inner` is the name as the zone has it, below `<zoneid>.`. */
  | { readonly kind: 'zone'; readonly view: View; readonly inner: Name }
  /** The suffix itself. */
  | { readonly kind: 'suffix'; readonly suffix: Name }
  /** Below the suffix, where the label left of it is neither a zone ID nor a known petname. */
  | { readonly kind: 'unknown'; readonly suffix: Name; readonly label: string }
  /** Below a zone ID that stands at the top, without a suffix. */
  | { readonly kind: 'bare'; readonly zoneId: ZoneId }
  /** An ordinary DNS name. */
  | { readonly kind: 'ordinary' }

/** A zone as it was asked for: its apex stands as `outerApex` in questions and answers. */
export interface View {
  readonly zoneId: ZoneId
  /** `<zoneid>.` */
  readonly apex: Name
  /** Such as `alice.signpost.internal.`, or `bob.alice.signpost.internal.` for a zone that alice delegates to. */
  readonly outerApex: Name
  readonly suffix: Name
  /** It stands at an ordinary domain, whose names ordinary DNS servers know as they were asked for. */
  readonly isOrdinary?: true
}

/** Finds whose a name is. Where suffixes lie below one another, the longest one counts. */
export function locate(name: Name, suffixes: readonly Name[], petnames: PetnameLookup): Place {
  const suffix = longestOf(suffixes, name)
  if (suffix === undefined) {
    const zoneId = zoneIdOfName(name)
    return zoneId === undefined ? { kind: 'ordinary' } : { kind: 'bare', zoneId }
  }
  const depth = name.labelCount - suffix.labelCount
  if (depth === 0) return { kind: 'suffix', suffix }
  let outerApex = name
  for (let above = 1; above < depth; above++) outerApex = outerApex.parent
  const label = textOf(outerApex)
  const zoneId = zoneIdFromText(label) ?? petnames(label)
  if (zoneId === undefined) return { kind: 'unknown', suffix, label }
  const apex = apexOf(zoneId)
  return { kind: 'zone', view: { zoneId, apex, outerApex, suffix }, inner: name.rebase(outerApex, apex) }
}

/** At or below one of the suffixes. */
export function isUnder(name: Name, suffixes: readonly Name[]): boolean {
  return suffixes.some(suffix => name.isAtOrBelow(suffix))
}

/** Undefined where the name is under none of them. */
export function longestOf(suffixes: readonly Name[], name: Name): Name | undefined {
  let longest: Name | undefined
  for (const suffix of suffixes)
    if (name.isAtOrBelow(suffix) && suffix.wire.length > (longest?.wire.length ?? 0)) longest = suffix
  return longest
}

/** The leftmost label in lower case, one character an octet. */
function textOf(name: Name): string {
  return name.key.slice(1, 1 + name.key.charCodeAt(0))
}

/**
 * A name of a zone as the client sees it: names of the zone in view stand below the apex that was asked for,
 * names of other zones below their zone ID and the suffix, ordinary names as they are.
 * @throws InvalidNameError where that is over 255 octets.
 */
export function outward(name: Name, view: View): Name {
  if (name.isAtOrBelow(view.apex)) return name.rebase(view.apex, view.outerApex)
  return zoneIdOfName(name) === undefined ? name : name.rebase(Name.root, view.suffix)
}

/** A zone's RRset as records that the client sees, none with a TTL over `maxTtl`. @throws InvalidNameError */
export function recordsOutward(set: RrSet, view: View, maxTtl: number): ResourceRecord[] {
  return recordsOf(set).map(record => recordOutward(record, view, maxTtl))
}

export function recordOutward(record: ResourceRecord, view: View, maxTtl: number): ResourceRecord {
  return {
    ...record,
    name: outward(record.name, view),
    ttl: Math.min(record.ttl, maxTtl),
    rdata: mapRdataNames(record.rdata, name => outward(name, view)),
  }
}
