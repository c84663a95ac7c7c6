import { hash } from 'node:crypto'
import type { Name, Rdata } from '@signpost/dns'
import type { Absence, Evidence } from './evidence.ts'
import { handsAway } from './nsec.ts'
import { canonicalName, lastLabels, readU16 } from './octets.ts'
import { readTypes } from './type-bitmap.ts'

/** RFC 5155, section 3. */
export interface Nsec3 {
  /** Hash of the owner name, and of the next one in the order of hashes. */
  readonly owner: Uint8Array
  readonly next: Uint8Array
  /** Between the two there may be delegations that have no DS (section 6). */
  readonly optOut: boolean
  readonly iterations: number
  readonly salt: Uint8Array
  readonly types: ReadonlySet<number>
}

const SHA1 = 1
const SHA1_LENGTH = 20
const OPT_OUT = 1

/**
 * Undefined where it is no NSEC3 record of the zone, or one with a hash or flags that are not known, which is as if it were not
 * there (sections 8.1 and 8.2).
 */
export function decodeNsec3(name: Name, rdata: Rdata, zone: Name): Nsec3 | undefined {
  if (rdata.kind !== 'UNKNOWN' || name.isRoot || !name.parent.equals(zone)) return undefined
  const { octets } = rdata
  const owner = parseBase32Hex(name.key.slice(1, name.wire.length - zone.wire.length))
  const [algorithm, flags = 0xff] = octets
  if (owner?.length !== SHA1_LENGTH || algorithm !== SHA1 || flags > OPT_OUT) return undefined
  const hashAt = 6 + (octets[4] ?? 0)
  const typesAt = hashAt + SHA1_LENGTH
  if (octets.length < typesAt || octets[hashAt - 1] !== SHA1_LENGTH) return undefined
  const types = readTypes(octets, typesAt)
  return (
    types && {
      owner,
      next: octets.slice(hashAt, typesAt),
      optOut: flags === OPT_OUT,
      iterations: readU16(octets, 2),
      salt: octets.slice(5, hashAt - 1),
      types,
    }
  )
}

const DIGITS = '0123456789abcdefghijklmnopqrstuv'

/** Base 32 with the extended hex alphabet in lower case, without padding (RFC 4648, section 7). */
export function parseBase32Hex(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (const digit of text) {
    const five = DIGITS.indexOf(digit)
    if (five < 0) return undefined
    value = ((value << 5) | five) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    octets[at++] = (value >>> bits) & 0xff
  }
  return octets
}

/** The hash of a name (section 5). */
export function hashName(name: Name, salt: Uint8Array, iterations: number): Uint8Array {
  const first = hash('sha1', Buffer.concat([canonicalName(name), salt]), 'buffer')
  // One buffer for all further rounds, which only differ in what is in front of the salt.
  const round = Buffer.concat([first, salt])
  for (let left = iterations; left > 0; left--) round.set(hash('sha1', round, 'buffer'))
  return round.subarray(0, SHA1_LENGTH)
}

export function hasSameParameters(one: Nsec3, other: Nsec3): boolean {
  return one.iterations === other.iterations && Buffer.compare(one.salt, other.salt) === 0
}

/** How many names are hashed at most to find out about one. */
export function hashesFor(name: Name, zone: Name): number {
  return name.labelCount - zone.labelCount + 2
}

/** @param records verified, all of the zone and with the same parameters; one at least. */
export function evidenceOfNsec3(records: readonly Nsec3[], zone: Name): Evidence {
  const hashes = new Map<string, Uint8Array>()
  const hashOf = (name: Name): Uint8Array => {
    const known = hashes.get(name.key)
    if (known !== undefined) return known
    const made = hashName(name, records[0]?.salt ?? new Uint8Array(), records[0]?.iterations ?? 0)
    hashes.set(name.key, made)
    return made
  }
  const typesAt = (name: Name): ReadonlySet<number> | undefined => {
    const wanted = hashOf(name)
    return records.find(({ owner }) => Buffer.compare(owner, wanted) === 0)?.types
  }
  const covering = (name: Name): Nsec3 | undefined => {
    const wanted = hashOf(name)
    return records.find(record => covers(record, wanted))
  }
  const absenceBelow = (name: Name, encloser: Name): Absence | undefined => {
    const cover = covering(lastLabels(name, encloser.labelCount + 1))
    return cover && { kind: 'absent', encloser, optOut: cover.optOut }
  }
  return {
    typesAt,
    absenceBelow,
    // The closest encloser proof (section 8.3).
    absenceOf(name) {
      for (let encloser = name; !encloser.equals(zone); ) {
        encloser = encloser.parent
        const types = typesAt(encloser)
        if (types === undefined) continue
        return handsAway(types) ? undefined : absenceBelow(name, encloser)
      }
      return undefined
    },
  }
}

/** In the circle of hashes, the last one's next is the first. */
function covers({ owner, next }: Nsec3, hash: Uint8Array): boolean {
  const isBehindOwner = Buffer.compare(owner, hash) < 0
  const isBeforeNext = Buffer.compare(hash, next) < 0
  return Buffer.compare(owner, next) < 0 ? isBehindOwner && isBeforeNext : isBehindOwner || isBeforeNext
}
