import { type ResourceRecord, RrType } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import { type Found, type Outcome, isFailure, isFound } from '../outcome.ts'

/** Seconds that an answer from a stale copy is kept: the search for a newer one goes on meanwhile. */
const STALE_LIFETIME = 1

export type LifetimeLimits = Pick<Limits, 'positiveTtl' | 'negativeTtl' | 'failureTtl'>

/** Seconds that an outcome may be kept; 0 where it may not. */
export function lifetimeOf(outcome: Outcome, limits: LifetimeLimits): number {
  if (isFailure(outcome))
    return outcome.kind === 'overloaded' || outcome.kind === 'failed' ? 0 : limits.failureTtl
  // What the gateway says of itself costs nothing to say again, and changes without notice.
  if (!isFound(outcome) || outcome.provenance.source === 'gateway' || outcome.partial) return 0
  const seconds = ttlOf(outcome) - outcome.age
  if (outcome.provenance.stale) return Math.min(STALE_LIFETIME, seconds)
  return Math.min(seconds, outcome.kind === 'answer' ? limits.positiveTtl : limits.negativeTtl)
}

function ttlOf(found: Found): number {
  let ttl = Number.MAX_SAFE_INTEGER
  for (const record of found.answers) ttl = Math.min(ttl, record.ttl)
  if (found.kind === 'answer') return found.answers.length === 0 ? 0 : ttl
  // RFC 2308, section 5: without an SOA a negative answer is not cached.
  const soa = soaOf(found)
  return soa === undefined ? 0 : Math.min(ttl, negativeTtlOf(soa))
}

/** Whether it takes the place of what was known: a denial without an SOA may be a server's that knows nothing. */
export function isNews(found: Found): boolean {
  return found.kind === 'answer' || soaOf(found) !== undefined
}

function soaOf({ authorities }: Found): ResourceRecord | undefined {
  return authorities.find(record => record.type === RrType.SOA)
}

/** RFC 2308, section 5: the lesser of the SOA's own TTL and its MINIMUM field. */
export function negativeTtlOf(soa: ResourceRecord): number {
  return soa.rdata.kind === 'SOA' ? Math.min(soa.ttl, soa.rdata.minimum) : soa.ttl
}
