import type { Question } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import type { Outcome } from '../outcome.ts'
import type { Query } from '../query.ts'
import { ClientRates } from './client-rates.ts'
import { Clients } from './clients.ts'
import { LimitCounters } from './limit-counts.ts'
import type { Network } from './network.ts'
import { RateMeters } from './rate-meters.ts'
import type { Trusted } from './rebinding.ts'
import { ResponseRates, kindOfResponse } from './response-rates.ts'

export interface ProtectionParts {
  readonly allow: readonly Network[]
  readonly unlimited: readonly Network[]
  /** Undefined where any name may lead to private addresses. */
  readonly rebinding: Trusted | undefined
  readonly limits: Limits
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const ALL = 'all'

/** What clients had lately, by their addresses. */
interface Meters {
  readonly clients: Clients
  readonly queries: ClientRates
  readonly lookups: ClientRates
  readonly responses: ResponseRates
  readonly refusals: RateMeters
}

function metersFor(parts: ProtectionParts): Meters {
  const { limits } = parts
  return {
    clients: new Clients(parts),
    queries: new ClientRates(limits.clientQueries, limits.clientsRemembered),
    lookups: new ClientRates(limits.clientLookups, limits.clientsRemembered),
    responses: new ResponseRates({
      perSecond: limits.clientResponses,
      window: limits.responseWindow,
      slip: limits.slip,
      capacity: limits.responsesRemembered,
    }),
    refusals: new RateMeters(limits.strangersRefused, 2),
  }
}

/** Whether clients count and are limited in the same way. */
function isSame(some: ProtectionParts, other: ProtectionParts): boolean {
  const measures = ({ allow, unlimited, limits }: ProtectionParts): string =>
    JSON.stringify([allow, unlimited, limits])
  return measures(some) === measures(other)
}

/** What a gateway remembers of its clients, so that none of them takes what is for all. Everything in it is bounded. */
export class Protection {
  readonly clients: Clients
  readonly queries: ClientRates
  readonly lookups: ClientRates
  readonly rebinding: Trusted | undefined
  readonly slip: number
  readonly now: () => number
  readonly counters: LimitCounters
  private readonly parts: ProtectionParts
  private readonly meters: Meters

  /** @param before its counters go on, and its meters where they measure the same. */
  constructor(parts: ProtectionParts, before?: Protection) {
    this.parts = parts
    this.now = parts.now
    this.rebinding = parts.rebinding
    this.slip = parts.limits.slip
    this.counters = before?.counters ?? new LimitCounters()
    this.meters = before !== undefined && isSame(parts, before.parts) ? before.meters : metersFor(parts)
    this.clients = this.meters.clients
    this.queries = this.meters.queries
    this.lookups = this.meters.lookups
  }

  /** Whether a stranger hears that it may not ask. A bounded number of them do, whoever they are. */
  refusesAloud(): boolean {
    this.counters.count('stranger')
    return this.meters.refusals.take(ALL, this.now()) === 0
  }

  /** What is sent for an outcome: the outcome itself, an empty reply that asks the client to come over TCP, or nothing. */
  limitResponse(
    outcome: Outcome,
    question: Question | undefined,
    { transport, standing, addressProven }: Pick<Query, 'transport' | 'standing' | 'addressProven'>,
  ): Outcome {
    if (transport !== 'udp' || addressProven || standing.unlimited || !standing.allowed || isShort(outcome))
      return outcome
    const verdict = this.meters.responses.judge(
      standing.target,
      kindOfResponse(question, outcome),
      this.now(),
    )
    if (verdict === 'send') return outcome
    this.counters.count('response-rate')
    return verdict === 'truncate' && question !== undefined ? { kind: 'over-tcp' } : { kind: 'dropped' }
  }
}

// What a limit made of a question already.
function isShort({ kind }: Outcome): boolean {
  return kind === 'dropped' || kind === 'over-tcp'
}
