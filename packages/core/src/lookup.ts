import { InvalidNameError, type Name, RrType, type RrSet } from '@signpost/dns'
import type { Zone } from './zone.ts'
import { type ZoneNode, setOfType } from './zone-index.ts'

/** What a zone says about a name and a type. The owner of `set` is the name that was asked for, wildcards included. */
export type LookupResult =
  | { readonly kind: 'answer'; readonly set: RrSet }
  /** A CNAME, which was not asked for itself. Ask again for `target`, which may lie in any zone. */
  | { readonly kind: 'alias'; readonly set: RrSet; readonly target: Name }
  /** A DNAME above the name, and the CNAME that follows from it (RFC 6672, section 3.1). */
  | { readonly kind: 'redirection'; readonly dname: RrSet; readonly set: RrSet; readonly target: Name }
  /** A DNAME whose target would be over 255 octets: YXDOMAIN (RFC 6672, section 2.2). */
  | { readonly kind: 'too-long'; readonly dname: RrSet }
  /** The name is at or below a zone cut: the NS there and the addresses of name servers that this zone knows. */
  | {
      readonly kind: 'delegation'
      readonly set: RrSet
      readonly cut: Name
      readonly glue: readonly RrSet[]
    }
  /** The name exists, with no record of this type (NODATA). */
  | { readonly kind: 'no-data' }
  /** The zone proves that there is no such name (NXDOMAIN). */
  | { readonly kind: 'no-name' }
  /** The name is not in the zone. */
  | { readonly kind: 'outside' }

/**
 * RFC 1034, section 4.3.2, with the wildcards of RFC 4592 and the DNAME of RFC 6672. One step a label at most.
 * @param type ANY is answered with one of the RRsets (RFC 8482, section 4.1).
 */
export function lookup(zone: Zone, name: Name, type: number): LookupResult {
  const place = placeOf(zone, name)
  if (place === 'outside' || place === 'no-name') return { kind: place }
  if (place.kind === 'node') {
    // RFC 4035, section 3.1.4.1: DS is the one type at a cut for which the parent zone is the authority.
    const { node } = place
    return node.isCut && type !== RrType.DS ? delegation(zone, node) : atNode(node, name, type)
  }
  return place.occluder.isCut ? delegation(zone, place.occluder) : redirection(place.occluder, name)
}

/**
 * All RRsets of a name, for ANY (RFC 8482); those of a wildcard too. None where `lookup` would delegate, redirect or
 * deny.
 */
export function setsAt(zone: Zone, name: Name): readonly RrSet[] {
  const place = placeOf(zone, name)
  if (typeof place === 'string' || place.kind !== 'node' || place.node.isCut) return []
  return place.node.sets.map(set => ownedBy(set, name))
}

type Place =
  | { readonly kind: 'node'; readonly node: ZoneNode }
  | { readonly kind: 'below'; readonly occluder: ZoneNode }
  | 'no-name'
  | 'outside'

// The node that answers for a name: its own, or the wildcard that stands for it, or what takes it out of the zone.
function placeOf(zone: Zone, name: Name): Place {
  if (!name.isAtOrBelow(zone.apex)) return 'outside'
  const own = zone.index.get(name.key)
  const enclosing = own === undefined ? closestEncloser(zone, name) : own.parent
  if (enclosing?.occluder !== undefined) return { kind: 'below', occluder: enclosing.occluder }
  const node = own ?? enclosing?.wildcard
  return node === undefined ? 'no-name' : { kind: 'node', node }
}

// The longest existing ancestor (RFC 4592, section 3.3.1). The apex always exists.
function closestEncloser(zone: Zone, name: Name): ZoneNode | undefined {
  const { wire, key } = name
  for (let at = 0; wire[at] !== 0; ) {
    at += (wire[at] as number) + 1
    const node = zone.index.get(key.slice(at))
    if (node !== undefined) return node
  }
  return undefined
}

function atNode(node: ZoneNode, name: Name, type: number): LookupResult {
  const set = type === RrType.ANY ? node.sets[0] : setOfType(node, type)
  if (set !== undefined) return { kind: 'answer', set: ownedBy(set, name) }
  const alias = setOfType(node, RrType.CNAME)
  if (alias === undefined) return { kind: 'no-data' }
  return { kind: 'alias', set: ownedBy(alias, name), target: targetOf(alias) }
}

function delegation(zone: Zone, cut: ZoneNode): LookupResult {
  const set = setOfType(cut, RrType.NS)
  if (set === undefined) throw new TypeError(`the cut ${cut.name.toString()} has no NS records`)
  const glue = set.rdatas.flatMap(rdata => {
    const node = rdata.kind === 'NS' ? zone.index.get(rdata.nameServer.key) : undefined
    return node?.sets.filter(({ type }) => type === RrType.A || type === RrType.AAAA) ?? []
  })
  return { kind: 'delegation', set, cut: cut.name, glue }
}

function redirection(owner: ZoneNode, name: Name): LookupResult {
  const dname = setOfType(owner, RrType.DNAME)
  if (dname === undefined) throw new TypeError(`${owner.name.toString()} has no DNAME`)
  let target: Name
  try {
    target = name.rebase(owner.name, targetOf(dname))
  } catch (error) {
    if (error instanceof InvalidNameError) return { kind: 'too-long', dname }
    throw error
  }
  const set: RrSet = { ...dname, name, type: RrType.CNAME, rdatas: [{ kind: 'CNAME', target }] }
  return { kind: 'redirection', dname, set, target }
}

function targetOf(set: RrSet): Name {
  const [rdata] = set.rdatas
  if (rdata?.kind !== 'CNAME' && rdata?.kind !== 'DNAME')
    throw new TypeError(`the rdata of ${set.name.toString()} is no CNAME or DNAME`)
  return rdata.target
}

function ownedBy(set: RrSet, name: Name): RrSet {
  return set.name === name ? set : { ...set, name }
}
