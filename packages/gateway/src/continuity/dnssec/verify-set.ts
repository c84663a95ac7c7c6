import { type Name, printRrType } from '@signpost/dns'
import { isKnownAlgorithm, isSignedBy } from './algorithms.ts'
import { MAX_FAILURES, MAX_SIGNATURES, type Purse } from './budget.ts'
import { canonicalName, lastLabels } from './octets.ts'
import { type Rrsig, secondsValid } from './rrsig.ts'
import type { SignedSet } from './signed-set.ts'
import { type Doubt, bogus } from './verdict.ts'
import { type Zone, type ZoneKey, publicKeyOf } from './zone-keys.ts'

/** A key of the zone signed the RRset, and its time is not over. */
export interface Valid {
  readonly kind: 'valid'
  /** Seconds for which it is (RFC 4035, section 5.3.3). */
  readonly ttl: number
  /** Where the records are a wildcard's: the name that the wildcard stands below (RFC 4035, section 5.3.4). */
  readonly encloser: Name | undefined
}

/** @param now seconds since 1970. */
export async function verifySet(
  set: SignedSet,
  zone: Zone,
  now: number,
  purse: Purse,
): Promise<Valid | Doubt> {
  let failures = 0
  let problem = `no signature by ${zone.name.toString()}, which is signed`
  for (const rrsig of set.signatures.slice(0, MAX_SIGNATURES)) {
    if (!rrsig.signer.equals(zone.name)) continue
    const keys = zone.keys.filter(
      ({ tag, algorithm }) => tag === rrsig.keyTag && algorithm === rrsig.algorithm,
    )
    const obstacle = obstacleTo(rrsig, set.name, keys, now)
    if (obstacle !== undefined) {
      problem = obstacle
      continue
    }
    const data = signedData(rrsig, set)
    for (const key of keys) {
      if (failures >= MAX_FAILURES) return bogus(`${printSet(set)} has too many signatures that do not fit`)
      const over = purse.spend('checks')
      if (over !== undefined) return over
      if (await isSignedBy(rrsig.algorithm, publicKeyOf(key), data, rrsig.signature))
        return {
          kind: 'valid',
          ttl: Math.min(set.ttl, rrsig.originalTtl, secondsValid(rrsig, now)),
          encloser: rrsig.labels < ownLabels(set.name) ? lastLabels(set.name, rrsig.labels) : undefined,
        }
      failures++
      problem = `a signature that does not fit`
    }
  }
  return bogus(`${printSet(set)} has ${problem}`)
}

/** Why there is no use in checking a signature, for people. */
function obstacleTo(rrsig: Rrsig, owner: Name, keys: readonly ZoneKey[], now: number): string | undefined {
  if (!isKnownAlgorithm(rrsig.algorithm))
    return `a signature of algorithm ${rrsig.algorithm}, which is not known here`
  if (rrsig.labels > ownLabels(owner)) return 'a signature for a longer name'
  if (secondsValid(rrsig, now) < 0) return `a signature that is valid at another time (is this clock right?)`
  return keys.length === 0 ? 'a signature by a key that the zone does not have' : undefined
}

/** RFC 4034, section 3.1.3: neither the root nor a leading asterisk counts. */
function ownLabels(owner: Name): number {
  return owner.labelCount - (owner.isWildcard ? 1 : 0)
}

const WILDCARD = Uint8Array.of(1, 0x2a)

/** RFC 4034, section 3.1.8.1. */
export function signedData(rrsig: Rrsig, set: SignedSet): Uint8Array {
  const owner = canonicalName(lastLabels(set.name, Math.min(rrsig.labels, set.name.labelCount)))
  const isExpanded = rrsig.labels < ownLabels(set.name)
  const name = isExpanded ? Buffer.concat([WILDCARD, owner]) : canonicalName(set.name)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(set.type, 0)
  fixed.writeUInt16BE(set.class, 2)
  fixed.writeUInt32BE(rrsig.originalTtl, 4)
  const records = set.canonicalRdatas.flatMap(rdata => {
    const head = Buffer.from(fixed)
    head.writeUInt16BE(rdata.length, 8)
    return [name, head, rdata]
  })
  return Buffer.concat([rrsig.signedHead, ...records])
}

export function printSet({ name, type }: { readonly name: Name; readonly type: number }): string {
  return `${name.toString()} ${printRrType(type)}`
}
