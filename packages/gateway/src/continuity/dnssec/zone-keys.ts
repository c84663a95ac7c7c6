import { hash } from 'node:crypto'
import { type Dnskey, type Ds, type Name, RrType, rdataOctets } from '@signpost/dns'
import { isKnownAlgorithm } from './algorithms.ts'
import { MAX_KEYS, MAX_KEY_OCTETS, type Purse } from './budget.ts'
import { canonicalName } from './octets.ts'
import type { SignedSet } from './signed-set.ts'
import { type Doubt, bogus, indeterminate } from './verdict.ts'

export interface ZoneKey {
  readonly tag: number
  readonly algorithm: number
  /** The DNSKEY record's rdata. */
  readonly octets: Uint8Array
}

/** A zone whose keys are proved, or stand to be proved. */
export interface Zone {
  readonly name: Name
  readonly keys: readonly ZoneKey[]
}

const ZONE_KEY = 0x0100
/** RFC 5011, section 2.1: nothing but its own revocation may be believed of a revoked key. */
const REVOKED = 0x0080
const PROTOCOL = 3

/** The keys of a DNSKEY RRset that may sign a zone and are of a known algorithm (RFC 4034, section 2.1). */
export function zoneKeysIn(set: SignedSet): readonly ZoneKey[] | Doubt {
  const usable = set.rdatas.filter(
    (rdata): rdata is Dnskey =>
      rdata.kind === 'DNSKEY' &&
      (rdata.flags & ZONE_KEY) !== 0 &&
      (rdata.flags & REVOKED) === 0 &&
      rdata.protocol === PROTOCOL &&
      rdata.publicKey.length <= MAX_KEY_OCTETS &&
      isKnownAlgorithm(rdata.algorithm),
  )
  if (usable.length > MAX_KEYS)
    return indeterminate(`${set.name.toString()} has ${usable.length} keys, which is more than are looked at`)
  return usable.map(rdata => {
    const octets = rdataOctets(RrType.DNSKEY, rdata)
    return { tag: keyTagOf(octets), algorithm: rdata.algorithm, octets }
  })
}

/** What stands before the public key: flags, protocol and algorithm. */
const PUBLIC_KEY_AT = 4

export function publicKeyOf({ octets }: ZoneKey): Uint8Array {
  return octets.subarray(PUBLIC_KEY_AT)
}

/** RFC 4034, appendix B. */
export function keyTagOf(octets: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < octets.length; at++)
    sum += (at & 1) === 0 ? (octets[at] ?? 0) << 8 : (octets[at] ?? 0)
  return (sum + (sum >>> 16)) & 0xffff
}

/** SHA-256 (RFC 4509) and SHA-384 (RFC 6605); no other digest that is in use withstands forgers. */
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [2, 'sha256'],
  [4, 'sha384'],
])

/** Whether a DS names a key that can be found and used here. */
export function isKnownDs({ algorithm, digestType }: Ds): boolean {
  return isKnownAlgorithm(algorithm) && DIGESTS.has(digestType)
}

/** Those keys of a zone that its DS records name (RFC 4034, section 5.1.4). */
export function keysNamedBy(list: readonly Ds[], zone: Zone, purse: Purse): readonly ZoneKey[] | Doubt {
  const named = new Set<ZoneKey>()
  for (const ds of list)
    for (const key of zone.keys) {
      if (named.has(key) || key.tag !== ds.keyTag || key.algorithm !== ds.algorithm) continue
      const over = purse.spend('digests')
      if (over !== undefined) return over
      if (Buffer.compare(digestOf(zone.name, key, ds.digestType), ds.digest) === 0) named.add(key)
    }
  return named.size > 0
    ? [...named]
    : bogus(`no key of ${zone.name.toString()} is one that its DS records name`)
}

function digestOf(zone: Name, key: ZoneKey, digestType: number): Uint8Array {
  return hash(DIGESTS.get(digestType) ?? '', Buffer.concat([canonicalName(zone), key.octets]), 'buffer')
}
