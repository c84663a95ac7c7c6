import type { SignedRecord } from './record.ts'

/** `fresh`: within its TTL since it was confirmed. `stale`: TTL over, signature valid. `expired`: validity over. */
export type Freshness = 'fresh' | 'stale' | 'expired'

/**
 * @param confirmedAt when a peer last gave the record, in milliseconds since the epoch. One that lies in the future
 * (the clock was set back) says nothing about the copy's age, so the copy is stale.
 * @param now milliseconds since the epoch.
 */
export function freshnessOf(record: SignedRecord, confirmedAt: number, now: number): Freshness {
  if (isExpired(record, now)) return 'expired'
  const age = now - confirmedAt
  return age >= 0 && age < record.ttl * 1000 ? 'fresh' : 'stale'
}

/** A record is good up to and including its last moment, as the IPNS implementations have it. */
export function isExpired(record: SignedRecord, now: number): boolean {
  return record.expiresAt < now
}
