import { compareOctets } from './octets.ts'
import type { SignedRecord } from './record.ts'
import { validityOrder } from './validity.ts'

/**
 * Which of two records of one zone wins: above 0 the first, below 0 the second, 0 exactly where their data is the
 * same. The higher sequence; then the later validity, to the nanosecond; then the greater data.
 * @throws TypeError for records of two zones: there is no answer.
 */
export function compareRecords(a: SignedRecord, b: SignedRecord): number {
  checkSameZone(a, b)
  if (a.sequence !== b.sequence) return a.sequence > b.sequence ? 1 : -1
  const [laterA, laterB] = [validityOrder(a.validity), validityOrder(b.validity)]
  if (laterA !== laterB) return laterA > laterB ? 1 : -1
  return compareOctets(a.data, b.data)
}

/**
 * Two different records with one sequence: the owner signed twice, from two places or with a lost state. Both are
 * evidence. IPFS software renews a name without a zone under its old sequence; where such records lead to the same
 * content path they are one statement, of which the later validity stands.
 * @throws TypeError for records of two zones.
 */
export function isEquivocation(a: SignedRecord, b: SignedRecord): boolean {
  checkSameZone(a, b)
  return a.sequence === b.sequence && compareOctets(a.data, b.data) !== 0 && !isRenewal(a, b)
}

function isRenewal(a: SignedRecord, b: SignedRecord): boolean {
  return a.content.kind === 'none' && b.content.kind === 'none' && a.value === b.value
}

function checkSameZone(a: SignedRecord, b: SignedRecord): void {
  if (a.zoneId !== b.zoneId) throw new TypeError(`records of two zones: ${a.zoneId} and ${b.zoneId}`)
}
