import { sha256 } from '@noble/hashes/sha2.js'
import { compareOctets } from './octets.ts'
import type { SignedRecord } from './record.ts'

/**
 * What one record is to another of its zone: `descends` where it is that record or was made to replace it, directly
 * or over others; `forked` where it was not; `unknown` where the records between them are not at hand.
 */
export type Descent = 'descends' | 'forked' | 'unknown'

const digests = new WeakMap<SignedRecord, Uint8Array>()

/** SHA-256 of a record's data. The record that replaces it says it as its `previous`. */
export function digestOf(record: SignedRecord): Uint8Array {
  const known = digests.get(record) ?? sha256(record.data)
  digests.set(record, known)
  return known
}

/** @param known other records of the zone, in any order, that may lie between the two. */
export function descentOf(
  record: SignedRecord,
  ancestor: SignedRecord,
  known: Iterable<SignedRecord> = [],
): Descent {
  const others = [...known]
  for (let at = record; ; ) {
    if (at.sequence <= ancestor.sequence)
      return compareOctets(at.data, ancestor.data) === 0 ? 'descends' : 'forked'
    const { previous, sequence } = at
    if (previous === undefined) return 'unknown'
    if (names(previous, ancestor)) return 'descends'
    const next = others.find(other => other.sequence < sequence && names(previous, other))
    // What it replaced had a lower sequence than its own, and so not one above the ancestor's.
    if (next === undefined) return sequence === ancestor.sequence + 1 ? 'forked' : 'unknown'
    at = next
  }
}

function names(digest: Uint8Array, record: SignedRecord): boolean {
  return compareOctets(digest, digestOf(record)) === 0
}
