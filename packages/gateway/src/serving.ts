import type { Name, Question } from '@signpost/dns'
import { Protection } from './abuse/protection.ts'
import type { AnswerCache } from './cache/answer-cache.ts'
import type { Continuity } from './continuity/continuity.ts'
import { ownQuery } from './continuity/own-query.ts'
import type { CookieSecrets } from './edns/cookie-secrets.ts'
import { createTerms } from './edns/terms.ts'
import type { AnswerPinned } from './handlers/pinned.ts'
import { askUpstreams } from './handlers/forward.ts'
import { InFlight } from './in-flight.ts'
import { type LocalNames, localAnswer } from './local/local-answer.ts'
import { isUnder, locate } from './names.ts'
import { tellQueries } from './operations/query-log.ts'
import type { Settings } from './options.ts'
import type { Outcome } from './outcome.ts'
import { createAnswerPinned, createPipeline } from './pipeline.ts'
import { type Service, createService } from './service.ts'
import type { Counters } from './stats.ts'
import { type Forwarding, createForwarding, isSameForwarding } from './upstream/forwarding.ts'
import { createIsRefused } from './upstream/routes.ts'
import { type FindZone, zonesFrom } from './zone-source.ts'

/** What outlives a change of the options. */
export interface Kept {
  readonly cache: AnswerCache
  readonly continuity: Continuity
  readonly counters: Counters
  readonly secrets: CookieSecrets
  readonly hosts: LocalNames['hosts']
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears of errors in this program. */
  readonly onError: (error: unknown) => void
}

/** What answers queries under one set of options. Where they change another one takes its place; the sockets stay. */
export interface Serving {
  readonly settings: Settings
  readonly service: Service
  readonly protection: Protection
  readonly forwarding: Forwarding
  /** The questions that it was asked. */
  readonly inFlight: InFlight
  /** Asks ordinary DNS past everything that is known. Never rejects. */
  readonly askUpstreams: (question: Question, whom: 'every' | 'best') => Promise<readonly Outcome[]>
  readonly findZone: FindZone
  readonly answerPinned: AnswerPinned
  /** Whether a question is answered or refused here, so that no upstream's word on it counts. */
  readonly isOurs: (question: Question) => boolean
}

/** @param before what is known of upstreams goes on where the options leave them as they are. */
export function createServing(settings: Settings, kept: Kept, before?: Serving): Serving {
  const { limits, now, onQuery } = settings
  const { counters, secrets, signal, onError } = kept
  const forwarding =
    before !== undefined && isSameForwarding(settings, before.settings)
      ? before.forwarding
      : createForwarding({
          ...settings,
          signal,
          onOrigin: origin => {
            kept.cache.askOf(origin, now())
          },
        })
  const protection = new Protection(settings, before?.protection)
  const localNames: LocalNames = {
    hosts: kept.hosts,
    isRouted: name => forwarding.routeOf(name) !== undefined,
  }
  const findZone = zonesFrom(settings.resolver, limits.zoneWait, now, onError)
  const parts = { ...settings, ...kept, protection, localNames, forwarding, findZone }
  const resolve = createPipeline(parts)
  const answerPinned = createAnswerPinned(parts, resolve)
  const inFlight = new InFlight()
  const service = createService({
    resolve: onQuery === undefined ? resolve : tellQueries(resolve, { onQuery, now, onError }),
    readTerms: createTerms({ secrets, limits, now }),
    protection,
    limits,
    signal,
    onSettled: (transport, kind) => {
      counters.count(transport, kind)
    },
    onError,
  })
  const askPast: Serving['askUpstreams'] = async (question, whom) => {
    try {
      const query = ownQuery(question, limits.furtherNames, signal)
      const isElsewhere = (name: Name): boolean => isUnder(name, settings.suffixes)
      return await askUpstreams({ forwarding, isOurs: isElsewhere, resolve }, query, whom)
    } catch (error) {
      onError(error)
      return []
    }
  }
  const isRefused = createIsRefused(settings)
  const isOurs = (question: Question): boolean =>
    locate(question.name, settings.suffixes, () => undefined).kind !== 'ordinary' ||
    localAnswer(question, localNames) !== undefined ||
    isRefused(question.name)
  return {
    settings,
    service: inFlight.watch(service),
    protection,
    forwarding,
    inFlight,
    findZone,
    answerPinned,
    askUpstreams: askPast,
    isOurs,
  }
}
