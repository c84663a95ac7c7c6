import type { Name } from '@signpost/dns'
import type { Protection } from './abuse/protection.ts'
import type { AnswerCache } from './cache/answer-cache.ts'
import type { LookupLimits } from './cache/lookups.ts'
import type { Handler, Resolve } from './handler.ts'
import { requireProvenAddress } from './handlers/address-proof.ts'
import { answerAnyWithOne } from './handlers/any.ts'
import { askAuthorityWith } from './handlers/authority.ts'
import type { Continuity } from './continuity/continuity.ts'
import { answerFromCache } from './handlers/cache.ts'
import { keepContinuity } from './handlers/continuity.ts'
import { forwardToUpstreams } from './handlers/forward.ts'
import { answerLocalNames } from './handlers/local-names.ts'
import { refuseWhatIsNoQuestion } from './handlers/guard.ts'
import { limitLookups } from './handlers/limit-lookups.ts'
import { limitResponses } from './handlers/limit-responses.ts'
import { limitQueries } from './handlers/limit-queries.ts'
import { shedOverload } from './handlers/overload.ts'
import { recognizeOwnProbes } from './handlers/own-probes.ts'
import { type AnswerPinned, answerPinnedWith } from './handlers/pinned.ts'
import { protectFromRebinding } from './handlers/rebinding.ts'
import { answerSignpostNames } from './handlers/signpost.ts'
import type { Limits } from './limits.ts'
import { type PetnameLookup, isUnder } from './names.ts'
import { limitTime } from './handlers/time-limit.ts'
import type { LocalNames } from './local/local-answer.ts'
import type { Outcome } from './outcome.ts'
import type { Forwarding } from './upstream/forwarding.ts'
import type { FindZone } from './zone-source.ts'

/** Everything that the links stand on. */
export interface PipelineParts {
  readonly cache: AnswerCache
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: Pick<Limits, 'pendingQueries' | 'questionTotal' | 'clientQueries' | 'clientLookups'> &
    LookupLimits
  readonly requireCookies: boolean
  readonly protection: Protection
  readonly suffixes: readonly Name[]
  readonly petnames: PetnameLookup
  readonly findZone: FindZone
  readonly localNames: LocalNames
  readonly continuity: Continuity
  readonly forwarding: Forwarding
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
  /** Ordinary DNS servers to which zones hand labels. */
  readonly authorities: { readonly port: number; readonly loopback: boolean }
}

/** The way of every question, link by link. */
export function createPipeline(parts: PipelineParts): Resolve {
  // Aliases start again at the first link: what they lead to is guarded, cached and routed like any question.
  const resolve: Resolve = query => whole(query)
  const askAuthority = askAuthorityWith({
    asker: parts.forwarding.authorityAsker,
    resolve,
    ...parts.authorities,
  })
  const { hosts } = parts.localNames
  const isOurs = (name: Name): boolean => isUnder(name, parts.suffixes) || hosts.table.has(name)

  const { suffixes, limits, protection } = parts
  const trusted = protection.rebinding
  const { isRouted } = parts.localNames

  const whole = chain([
    // Around all others, so that it knows what is to go out.
    limitResponses(protection),
    // Early, so that a client that asks too much costs least.
    limitQueries(protection, limits.clientQueries),
    // Early, so that nothing is looked up or kept for a question that cannot be answered.
    refuseWhatIsNoQuestion(),
    // Before whatever may keep them out: they tell which upstream asks this gateway itself.
    recognizeOwnProbes(parts.forwarding.loops),
    // Before everything that answers, or there would be something to gain by false addresses.
    ...(parts.requireCookies ? [requireProvenAddress()] : []),
    // Before the cache, so that it holds for answers of every age and from every source.
    ...(trusted === undefined
      ? []
      : [protectFromRebinding({ trusted, suffixes, isRouted, counters: protection.counters })]),
    // Before every source, so that what is known costs nothing and stays known when sources fail.
    answerFromCache(parts),
    // Behind the cache, so that no more is kept than is given out.
    answerAnyWithOne(),
    // Behind the cache, since what is known costs nobody but this machine.
    limitLookups(protection, limits.clientLookups),
    // Behind the cache, so that what is known is answered however much waits for the network.
    shedOverload(limits.pendingQueries, suffixes, protection),
    // Behind the overload check, so that it counts what a client waits for and no longer.
    limitTime(parts.limits.questionTotal),
    // Before the forwarder, so that no name of ours ever leaves as an ordinary query.
    answerSignpostNames({ ...parts, askAuthority, resolve }),
    // Before the forwarder, so that names of this machine and network stay here.
    answerLocalNames(parts.localNames),
    // Directly in front of the forwarder, so that it judges what ordinary DNS says and nothing else.
    keepContinuity(parts),
    // Last: whatever nobody before it owns.
    forwardToUpstreams({ ...parts, isOurs, resolve }),
  ])
  return whole
}

/** @param resolve the pipeline of the same parts. */
export function createAnswerPinned(parts: PipelineParts, resolve: Resolve): AnswerPinned {
  const asker = parts.forwarding.authorityAsker
  const askAuthority = askAuthorityWith({ asker, resolve, ...parts.authorities })
  return answerPinnedWith({ ...parts, askAuthority, resolve })
}

/** Ties handlers together, once: a query makes no new functions. */
export function chain(handlers: readonly Handler[]): Resolve {
  return handlers.reduceRight<Resolve>((next, handler) => query => handler(query, next), refuse)
}

// Behind the last link: a chain whose links all pass a question on.
function refuse(): Outcome {
  return { kind: 'refused' }
}
