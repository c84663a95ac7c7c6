import { RrType } from '@signpost/dns'
import type { ZoneProblem } from './errors.ts'
import { type ZoneIndex, type ZoneNode, setOfType } from './zone-index.ts'

// What may stand at a zone cut beside NS (DS), and there or below it as glue.
const AT_CUT: ReadonlySet<number> = new Set([RrType.NS, RrType.DS, RrType.A, RrType.AAAA])
const GLUE: ReadonlySet<number> = new Set([RrType.A, RrType.AAAA])

/** Records that are well formed but of no use, because a lookup never reaches them: a mistake of their owner. */
export function ownerProblems(index: ZoneIndex): ZoneProblem[] {
  return [...index.values()].flatMap(node => [...unreachable(node), ...missingGlue(index, node)])
}

function unreachable(node: ZoneNode): ZoneProblem[] {
  const above = node.parent?.occluder
  if (above === undefined)
    return node.isCut ? refuse(node, AT_CUT, 'the name is delegated by its NS records') : []
  const where = above.name.toString()
  return above.isCut
    ? refuse(node, GLUE, `it lies below ${where}, which is delegated by NS records`)
    : refuse(
        node,
        new Set(),
        `it lies below ${where}, whose DNAME redirects every name below it (RFC 6672, 2.4)`,
      )
}

function refuse(node: ZoneNode, allowed: ReadonlySet<number>, why: string): ZoneProblem[] {
  return node.sets
    .filter(({ type }) => !allowed.has(type))
    .map(({ name, type }) => ({ name, type, message: `nobody would be given this record: ${why}` }))
}

// A name server at or below the cut can only be found through an address that stands here (RFC 1034, section 4.2.1).
function missingGlue(index: ZoneIndex, node: ZoneNode): ZoneProblem[] {
  const set = node.isCut ? setOfType(node, RrType.NS) : undefined
  if (set === undefined) return []
  return set.rdatas.flatMap(rdata => {
    if (rdata.kind !== 'NS' || !rdata.nameServer.isAtOrBelow(node.name)) return []
    const target = index.get(rdata.nameServer.key)
    if (target?.sets.some(({ type }) => GLUE.has(type))) return []
    const message = `the name server ${rdata.nameServer.toString()} has no A or AAAA record here; add one as glue`
    return [{ name: node.name, type: RrType.NS, message }]
  })
}
