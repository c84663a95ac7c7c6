import { ExtendedError, type ResourceRecord } from '@signpost/dns'
import { STALE_TTL } from '../answer.ts'
import type { Found } from '../outcome.ts'
import { type Trouble, isSaid } from './trouble.ts'

/** An answer in the place of the one of ordinary DNS: with a short TTL, and with the reason for people. */
export function standIn(found: Found, trouble: Trouble, text: string): Found {
  const { note: _, ...rest } = found
  return {
    ...rest,
    answers: found.answers.map(briefly),
    authorities: found.authorities.map(briefly),
    age: 0,
    extendedError: { infoCode: infoCodeOf(found, trouble), text },
  }
}

/** RFC 8914, sections 4.4, 4.5 and 4.20. What upstreams said is held back like an answer that a policy changes. */
function infoCodeOf({ kind }: Found, trouble: Trouble): number {
  if (kind === 'no-name') return ExtendedError.STALE_NXDOMAIN
  return isSaid(trouble) ? ExtendedError.FORGED_ANSWER : ExtendedError.STALE_ANSWER
}

function briefly(record: ResourceRecord): ResourceRecord {
  return record.ttl <= STALE_TTL ? record : { ...record, ttl: STALE_TTL }
}
