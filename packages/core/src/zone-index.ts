import { type Name, RrType, type RrSet } from '@signpost/dns'

/** A name that exists in a zone (RFC 4592, section 2.2.2): it has records, or a name below it has. */
export interface ZoneNode {
  readonly name: Name
  readonly parent: ZoneNode | undefined
  /** In order of type; empty at an empty non-terminal. */
  readonly sets: readonly RrSet[]
  /** The child whose label is the asterisk. */
  readonly wildcard: ZoneNode | undefined
  /**
   * The highest node, here or above, that takes all names below it out of the zone: a zone cut (NS below the apex)
   * or the owner of a DNAME.
   */
  readonly occluder: ZoneNode | undefined
  /** NS records below the apex: from here on, the zone is another's (RFC 1034, section 4.2). */
  readonly isCut: boolean
}

/** Nodes by the key of their name. */
export type ZoneIndex = ReadonlyMap<string, ZoneNode>

type Draft = { -readonly [K in keyof ZoneNode]: ZoneNode[K] }

/** Finds every existing name of a zone once, so that a lookup is a few steps in a map. */
export function indexZone(apex: Name, sets: readonly RrSet[]): ZoneIndex {
  const nodes = new Map<string, Draft>()
  const nodeAt = (name: Name): Draft => {
    const known = nodes.get(name.key)
    if (known !== undefined) return known
    const parent = name.equals(apex) ? undefined : parentOf(name)
    const node: Draft = { name, parent, sets: [], wildcard: undefined, occluder: undefined, isCut: false }
    nodes.set(name.key, node)
    if (parent !== undefined && name.isWildcard) parent.wildcard = node
    return node
  }
  // Most parents are known, and found without making their name.
  const parentOf = (name: Name): Draft =>
    nodes.get(name.key.slice(name.key.charCodeAt(0) + 1)) ?? nodeAt(name.parent)
  nodeAt(apex)
  for (const set of sets) {
    const node = nodeAt(set.name)
    node.sets = [...node.sets, set]
  }
  // A parent was put into the map before its children, so it knows its occluder when they ask.
  for (const node of nodes.values()) {
    node.isCut = node.parent !== undefined && setOfType(node, RrType.NS) !== undefined
    const occludes = node.isCut || setOfType(node, RrType.DNAME) !== undefined
    node.occluder = node.parent?.occluder ?? (occludes ? node : undefined)
  }
  return nodes
}

/** The RRset of a type at a node. */
export function setOfType(node: ZoneNode, type: number): RrSet | undefined {
  return node.sets.find(set => set.type === type)
}
