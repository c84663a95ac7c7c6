import { Protection } from './abuse/protection.ts'
import type { AnswerCache } from './cache/answer-cache.ts'
import type { CookieSecrets } from './edns/cookie-secrets.ts'
import { createTerms } from './edns/terms.ts'
import { tellQueries } from './operations/query-log.ts'
import type { Settings } from './options.ts'
import { createPipeline } from './pipeline.ts'
import { type Service, createService } from './service.ts'
import type { Counters } from './stats.ts'
import { type Asker, createAsker } from './upstream/ask.ts'
import { exchangeOverUdp } from './upstream/udp-exchange.ts'
import { zonesFrom } from './zone-source.ts'

/** What outlives a change of the options. */
export interface Kept {
  readonly cache: AnswerCache
  readonly counters: Counters
  readonly secrets: CookieSecrets
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
  readonly asker: Asker
}

export function createServing(settings: Settings, kept: Kept): Serving {
  const { limits, now, onQuery } = settings
  const { counters, secrets, signal, onError } = kept
  const asker = createAsker(exchangeOverUdp, limits, signal)
  const protection = new Protection(settings)
  const resolve = createPipeline({
    ...settings,
    ...kept,
    protection,
    asker,
    findZone: zonesFrom(settings.resolver, limits.zoneWait, now, onError),
  })
  const service = createService({
    resolve: onQuery === undefined ? resolve : tellQueries(resolve, onQuery, now),
    readTerms: createTerms({ secrets, limits, now }),
    protection,
    limits,
    signal,
    onSettled: (transport, kind) => {
      counters.count(transport, kind)
    },
    onError,
  })
  return { settings, service, protection, asker }
}
