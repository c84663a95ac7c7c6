import type { ResourceRecord } from '@signpost/dns'
import { setKey } from './set-key.ts'

/** Seconds: what is left of a TTL in a cache may be next to nothing, and says little of the TTL itself. */
const LEAST_CACHED_TTL = 60

/**
 * Gives records that came out of a cache TTLs that do not run down from one look to the next: the longest of what the cache
 * says and what their RRset has had before.
 * @param isCached whether its TTL is what was left of it in a cache.
 * @param ttlBefore seconds that the RRset of a record has in the version that stands; undefined where it has none.
 */
export function withSteadyTtls(
  records: readonly ResourceRecord[],
  isCached: (record: ResourceRecord) => boolean,
  ttlBefore: (record: ResourceRecord) => number | undefined,
): ResourceRecord[] {
  const longest = new Map<string, number>()
  for (const record of records) {
    const known = longest.get(setKey(record)) ?? ttlBefore(record) ?? LEAST_CACHED_TTL
    longest.set(setKey(record), Math.max(known, record.ttl))
  }
  return records.map(record =>
    isCached(record) ? { ...record, ttl: longest.get(setKey(record)) ?? record.ttl } : record,
  )
}
