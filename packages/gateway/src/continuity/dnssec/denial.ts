import { type Name, RrType } from '@signpost/dns'
import { MAX_PROOFS, MAX_ITERATIONS, type Purse } from './budget.ts'
import type { Evidence } from './evidence.ts'
import { decodeNsec, evidenceOfNsec, isDelegation } from './nsec.ts'
import { decodeNsec3, evidenceOfNsec3, hasSameParameters, hashesFor } from './nsec3.ts'
import { lastLabels } from './octets.ts'
import { type SignedSet, type SignedSets, deepest } from './signed-set.ts'
import { type Doubt, bogus, indeterminate } from './verdict.ts'
import { verifySet } from './verify-set.ts'
import type { Zone } from './zone-keys.ts'

/** What verified records say, and for how many seconds. */
export interface Proof {
  readonly kind: 'proof'
  readonly evidence: Evidence
  readonly ttl: number
}

function isProof({ type }: SignedSet): boolean {
  return type === RrType.NSEC || type === RrType.NSEC3
}

/** The zone that seems to have signed the proofs of a denial of `name`; undefined where there are none. */
export function apparentDenier(authorities: SignedSets, name: Name): Name | undefined {
  const signers = authorities.all.filter(isProof).flatMap(({ signatures }) => signatures)
  return deepest(signers.map(({ signer }) => signer).filter(signer => name.isAtOrBelow(signer)))
}

/**
 * Verifies the NSEC or NSEC3 records of an answer about `name`, which is at or below the zone's apex. Those of other
 * zones, and those that a wildcard would have made (nobody signs them for another name), are as if they were not there.
 * @param now seconds since 1970.
 */
export async function gatherProof(
  authorities: SignedSets,
  name: Name,
  zone: Zone,
  now: number,
  purse: Purse,
): Promise<Proof | Doubt> {
  const sets = authorities.all.filter(isProof).slice(0, MAX_PROOFS)
  const verified: SignedSet[] = []
  let ttl = Number.POSITIVE_INFINITY
  let problem: Doubt = indeterminate(`nothing came that proves what ${zone.name.toString()} does not have`)
  for (const set of sets) {
    const result = await verifySet(set, zone, now, purse)
    if (result.kind !== 'valid') {
      problem = result
      continue
    }
    if (result.encloser !== undefined) continue
    verified.push(set)
    ttl = Math.min(ttl, result.ttl)
  }
  if (verified.length === 0) return problem
  const evidence = evidenceOf(verified, name, zone.name, purse)
  return 'kind' in evidence ? evidence : { kind: 'proof', evidence, ttl }
}

function evidenceOf(sets: readonly SignedSet[], name: Name, zone: Name, purse: Purse): Evidence | Doubt {
  const nsec = sets.flatMap(({ type, name, rdatas }) =>
    type === RrType.NSEC ? rdatas.flatMap(rdata => decodeNsec(name, rdata) ?? []) : [],
  )
  if (nsec.length > 0) return evidenceOfNsec(nsec, zone)
  const nsec3 = sets.flatMap(({ type, name, rdatas }) =>
    type === RrType.NSEC3 ? rdatas.flatMap(rdata => decodeNsec3(name, rdata, zone) ?? []) : [],
  )
  const [first] = nsec3
  if (first === undefined)
    return indeterminate(`${zone.toString()} proves what it does not have in a way that is not known here`)
  // RFC 9276, section 3.2 lets such a zone count as unsigned. Whoever wants a name to be could then bring it about.
  if (nsec3.some(({ iterations }) => iterations > MAX_ITERATIONS))
    return indeterminate(`${zone.toString()} hashes names with more than ${MAX_ITERATIONS} NSEC3 iterations`)
  // RFC 5155, section 8.2.
  if (!nsec3.every(other => hasSameParameters(first, other)))
    return bogus(`${zone.toString()} hashes names in several ways in one answer`)
  return purse.spend('hashes', hashesFor(name, zone)) ?? evidenceOfNsec3(nsec3, zone)
}

/** What is proved of a name and a type that are not in an answer. */
export type Denial =
  | { readonly kind: 'no-name' | 'no-data' }
  /** `cut` may be delegated without DS: nothing from there on is proved either way. */
  | { readonly kind: 'opt-out'; readonly cut: Name }

/** RFC 4035, section 5.4; RFC 5155, section 8; RFC 6840, section 4. */
export function denialOf(evidence: Evidence, name: Name, type: number): Denial | Doubt {
  const types = evidence.typesAt(name)
  if (types !== undefined) return denialAt(types, name, type)
  const absence = evidence.absenceOf(name)
  if (absence === undefined)
    return bogus(`what came does not prove that ${name.toString()} has no such record`)
  if (absence.kind === 'empty') return { kind: 'no-data' }
  const { encloser } = absence
  if (absence.optOut) return { kind: 'opt-out', cut: lastLabels(name, encloser.labelCount + 1) }
  const wildcard = encloser.prepend(Uint8Array.of(0x2a))
  const ofWildcard = evidence.typesAt(wildcard)
  if (ofWildcard !== undefined) return denialAt(ofWildcard, wildcard, type)
  const noWildcard = evidence.absenceOf(wildcard)
  if (noWildcard === undefined)
    return bogus(`what came does not prove that ${wildcard.toString()} does not speak for ${name.toString()}`)
  return { kind: noWildcard.kind === 'empty' ? 'no-data' : 'no-name' }
}

function denialAt(types: ReadonlySet<number>, name: Name, type: number): Denial | Doubt {
  if (types.has(type) || types.has(RrType.CNAME))
    return bogus(`${name.toString()} has such a record: it was left out of the answer`)
  // Of the two zones at a cut, the parent speaks for DS and the child for all else (RFC 6840, section 4.1 and 4.4).
  if (type === RrType.DS ? types.has(RrType.SOA) && !name.isRoot : isDelegation(types))
    return bogus(`the proof for ${name.toString()} is of the zone on the other side of the cut`)
  return { kind: 'no-data' }
}

/**
 * What a name without DS records is to the zone above it. `unsigned`: a delegation to a zone that is not signed.
 * `no-cut`: a name of this zone. `no-name`: so is everything below it.
 */
export type CutWithoutDs = 'unsigned' | 'no-cut' | 'no-name'

/** RFC 4035, section 5.2; RFC 5155, section 8.6 and 8.9. */
export function cutWithoutDs(evidence: Evidence, name: Name): CutWithoutDs | Doubt {
  const types = evidence.typesAt(name)
  if (types !== undefined) {
    if (types.has(RrType.DS))
      return bogus(`${name.toString()} has DS records: they were left out of the answer`)
    return isDelegation(types) ? 'unsigned' : 'no-cut'
  }
  const absence = evidence.absenceOf(name)
  if (absence === undefined)
    return bogus(`what came does not prove that ${name.toString()} has no DS records`)
  if (absence.kind === 'empty') return 'no-cut'
  if (!absence.optOut) return 'no-name'
  // The span holds the name just below the encloser. Above this one there is no cut, or it would have been found.
  return absence.encloser.equals(name.parent)
    ? 'unsigned'
    : bogus(`the proof for ${name.toString()} does not fit those for the names above it`)
}
