import { type RrSet, printRrType, recordsOf } from '@signpost/dns'
import { InvalidZoneError, type ZoneProblem } from './errors.ts'
import { mergeSoa } from './soa-merge.ts'
import { sameSet, setsByKey } from './zone-diff.ts'
import { type Zone, createZone } from './zone.ts'

/** Both changes in one zone, or the RRsets that keep them apart. */
export type ZoneMerge =
  | { readonly kind: 'merged'; readonly zone: Zone }
  | { readonly kind: 'conflict'; readonly problems: readonly ZoneProblem[] }

/**
 * Applies to `theirs` what turns `base` into `ours`, RRset by RRset. An RRset that both changed, each in its own way,
 * is a conflict, except for an SOA with two new serials, and so is what is no zone any more with both changes in it, such as a CNAME beside an address.
 * @param base the version that both were made from, undefined where there was none: all of both is new then.
 * @throws EmptyZoneError where nothing is left.
 */
export function mergeZones(base: Zone | undefined, ours: Zone, theirs: Zone): ZoneMerge {
  const [old, mine, other] = [setsByKey(base), setsByKey(ours), setsByKey(theirs)]
  const merged: RrSet[] = []
  const problems: ZoneProblem[] = []
  for (const key of new Set([...old.keys(), ...mine.keys(), ...other.keys()])) {
    const [before, here, there] = [old.get(key), mine.get(key), other.get(key)]
    const isClash = !sameSet(here, before) && !sameSet(there, before) && !sameSet(here, there)
    const soa = isClash ? mergeSoa(before, here, there) : undefined
    const set = soa ?? (sameSet(here, before) ? there : here)
    if (set !== undefined) merged.push(set)
    const named = here ?? there ?? before
    if (isClash && soa === undefined && named !== undefined)
      problems.push({ name: named.name, type: named.type, message: clashOf(here, there) })
  }
  if (problems.length > 0) return { kind: 'conflict', problems }
  try {
    return { kind: 'merged', zone: createZone(theirs.id, merged.flatMap(recordsOf)) }
  } catch (error) {
    if (error instanceof InvalidZoneError) return { kind: 'conflict', problems: error.problems }
    throw error
  }
}

function clashOf(here: RrSet | undefined, there: RrSet | undefined): string {
  if (here === undefined) return 'it was removed here and changed elsewhere'
  if (there === undefined) return 'it was changed here and removed elsewhere'
  return `this ${printRrType(here.type)} RRset was changed here and, in another way, elsewhere`
}
