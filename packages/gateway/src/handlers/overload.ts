import type { Name } from '@signpost/dns'
import { FairShares, type Group } from '../abuse/fair-shares.ts'
import { clientGroups, domainGroups } from '../abuse/groups.ts'
import type { Protection } from '../abuse/protection.ts'
import { RateMeters } from '../abuse/rate-meters.ts'
import type { Awaitable, Handler } from '../handler.ts'
import type { Outcome } from '../outcome.ts'
import type { Query } from '../query.ts'
import { askForProof } from '../abuse/ask-for-proof.ts'

/**
 * Bounds what waits for the network, and divides it among those who wait: neither a client nor made-up names below one
 * domain get so much that there is nothing left for others. It stands behind the cache, so that what is known is still
 * answered while everything else is told to come back. Names behind an alias belong to a question that was already let
 * in.
 */
export function shedOverload(limit: number, suffixes: readonly Name[], protection: Protection): Handler {
  const { counters, now } = protection
  const shares = new FairShares(limit)
  // Far over what can be done, even saying so is too much.
  const replies = new RateMeters(limit, 2)

  const shed = (query: Query, over: Group | 'all'): Outcome => {
    counters.count(kindOf(over))
    if (query.transport === 'udp' && replies.take('all', now()) > 0) return { kind: 'dropped' }
    if (over !== 'all' && over.kind === 'unproven') return askForProof(query)
    return { kind: 'overloaded', text: `${reasonOf(over, limit)}; ask again in a moment` }
  }

  return (query, next) => {
    if (query.trail.length > 0) return next(query)
    const groups = [...clientGroups(query), ...domainGroups(query.question.name, suffixes)]
    const over = shares.take(groups)
    if (over !== undefined) return shed(query, over)
    let outcome: Awaitable<Outcome> | undefined
    try {
      outcome = next(query)
      return outcome instanceof Promise ? outcome.finally(() => shares.giveBack(groups)) : outcome
    } finally {
      if (!(outcome instanceof Promise)) shares.giveBack(groups)
    }
  }
}

function kindOf(over: Group | 'all'): 'full' | 'client-share' | 'domain-share' {
  if (over === 'all') return 'full'
  return over.kind === 'domain' ? 'domain-share' : 'client-share'
}

function reasonOf(over: Group | 'all', limit: number): string {
  if (over === 'all') return `${limit} lookups are under way`
  return over.kind === 'domain'
    ? 'too many names below this domain are being looked up'
    : 'too much is being looked up for this client'
}
