import { ExtendedError, type Name } from '@signpost/dns'
import type { LimitCounters } from '../abuse/limit-counts.ts'
import { type Trusted, isTrusted, privateAddressIn } from '../abuse/rebinding.ts'
import type { Handler } from '../handler.ts'
import { type Outcome, isFound } from '../outcome.ts'

export interface RebindingParts {
  readonly trusted: Trusted
  readonly suffixes: readonly Name[]
  /** Names that the user sends to a server of their own, which knows the user's network. */
  readonly isRouted: (name: Name) => boolean
  readonly counters: LimitCounters
}

/**
 * Holds back answers that lead from a stranger's name into the client's own network. A page from such a name could
 * otherwise make a browser talk to the router as if it were the page's own server, which is called DNS rebinding.
 * The reply is an empty one: with an error, the client would ask the next server.
 */
export function protectFromRebinding({ trusted, suffixes, isRouted, counters }: RebindingParts): Handler {
  const check = (name: Name, outcome: Outcome): Outcome => {
    // What the gateway says of itself, or from files of this machine, is nobody's trick.
    if (!isFound(outcome) || outcome.provenance.source === 'gateway') return outcome
    const address = privateAddressIn(outcome.answers)
    if (address === undefined || isTrusted(name, trusted, suffixes) || isRouted(name)) return outcome
    counters.count('rebinding')
    return {
      kind: 'filtered',
      extendedError: { infoCode: ExtendedError.FILTERED, text: reason(name, address) },
    }
  }
  return (query, next) => {
    const outcome = next(query)
    // Parts of an answer are for the whole to judge, by the name that the client asked for.
    if (query.trail.length > 0) return outcome
    const { name } = query.question
    return outcome instanceof Promise ? outcome.then(settled => check(name, settled)) : check(name, outcome)
  }
}

function reason(name: Name, address: string): string {
  return (
    `${name.toString()} leads to ${address}, a private address, and its owner is not known to be trusted with one; ` +
    'where that is right, add the domain to rebinding.exceptions, or give the zone a petname'
  )
}
