import type { ZoneId } from '@signpost/core'
import {
  type Message,
  Rcode,
  type ResourceRecord,
  decodeMessage,
  encodeMessage,
  parseName,
  parseZoneFile,
} from '@signpost/dns'
import { Protection } from './abuse/protection.ts'
import { type ProtectionOptions, readProtection } from './abuse/settings.ts'
import { AnswerCache } from './cache/answer-cache.ts'
import type { ContinuityStore } from './continuity/continuity-store.ts'
import { Continuity, type ContinuityParts } from './continuity/continuity.ts'
import { askThrough } from './continuity/dnssec/ask.ts'
import type { GuardEvent } from './continuity/guard/event.ts'
import { Guard } from './continuity/guard/guard.ts'
import { readPatterns } from './continuity/guard/patterns.ts'
import { ownQuery } from './continuity/own-query.ts'
import { OwnerPins, type PinSettings } from './continuity/pins/owner-pins.ts'
import { CookieSecrets } from './edns/cookie-secrets.ts'
import { createTerms } from './edns/terms.ts'
import { type Endpoint, printEndpoint } from './endpoint.ts'
import { askUpstreams } from './handlers/forward.ts'
import { type Limits, limitsWith } from './limits.ts'
import { HostsTable } from './local/hosts-table.ts'
import type { LocalNames } from './local/local-answer.ts'
import { type PipelineParts, createAnswerPinned, createPipeline } from './pipeline.ts'
import { type Service, createService } from './service.ts'
import type { Asker } from './upstream/ask.ts'
import type { Exchange } from './upstream/exchange.ts'
import { createForwarding } from './upstream/forwarding.ts'
import { monotonicNow } from './upstream/monotonic.ts'
import type { Route } from './upstream/routes.ts'
import { plainUpstream } from './upstream/upstream.ts'
import { zonesFrom } from './zone-source.ts'
import { PublishedZones, START } from './zones.test-support.ts'
import { queryFor } from './asking.test-support.ts'

/** What a server on a network of the test's own says; undefined is silence. */
export type Server = (request: Message) => Message | undefined | Promise<Message | undefined>

/** A network of servers by address and port, and a note of everything that was sent to them. */
export class Servers {
  readonly sent: string[] = []
  private readonly servers = new Map<string, Server>()

  add(endpoint: Endpoint, server: Server): void {
    this.servers.set(printEndpoint(endpoint), server)
  }

  /** Requests and replies go through the codec, as on a wire. */
  readonly exchange: Exchange = async (endpoint, request) => {
    const at = printEndpoint(endpoint)
    const sent = decodeMessage(encodeMessage(request))
    this.sent.push(`${at} ${sent.questions[0]?.name.toString()} ${sent.questions[0]?.type}`)
    const reply = await this.servers.get(at)?.(sent)
    if (reply === undefined) return { kind: 'silence' }
    return { kind: 'reply', message: decodeMessage(encodeMessage(reply)) }
  }
}

/** A reply to a request with the records of a zone file for each section. */
export function respond(
  request: Message,
  sections: Partial<Record<'answers' | 'authorities', string>> = {},
): Message {
  return {
    ...request,
    response: true,
    recursionAvailable: true,
    rcode: Rcode.NOERROR,
    answers: recordsIn(sections.answers),
    authorities: recordsIn(sections.authorities),
  }
}

function recordsIn(text: string | undefined): ResourceRecord[] {
  return text === undefined ? [] : parseZoneFile(`${text}\n`, { origin: parseName('.'), defaultTtl: 300 })
}

/**
 * A recursive resolver that knows the records of a zone file: it follows aliases, answers NXDOMAIN with an SOA where it
 * knows nothing of a name.
 */
export function recursiveServer(zoneFile: string): Server {
  const records = parseZoneFile(zoneFile, { origin: parseName('.'), defaultTtl: 300 })
  const soa = 'example. 60 IN SOA ns.example. host.example. 1 2 3 4 60'
  return request => {
    const [question] = request.questions
    if (question === undefined) return undefined
    const answers: ResourceRecord[] = []
    let { name } = question
    for (;;) {
      const here = records.filter(record => record.name.equals(name))
      const wanted = here.filter(record => record.type === question.type)
      if (wanted.length > 0) return { ...respond(request), answers: [...answers, ...wanted] }
      const alias = here.find(record => record.rdata.kind === 'CNAME')
      const denial = respond(request, { authorities: soa })
      if (alias?.rdata.kind !== 'CNAME')
        return { ...denial, answers, rcode: here.length > 0 ? Rcode.NOERROR : Rcode.NXDOMAIN }
      answers.push(alias)
      name = alias.rdata.target
    }
  }
}

export interface InProcess {
  readonly zones: PublishedZones
  readonly servers: Servers
  readonly cache: AnswerCache
  readonly protection: Protection
  readonly guard: Guard
  readonly owners: OwnerPins
  readonly events: GuardEvent[]
  readonly asker: Asker
  readonly service: Service
  readonly petnames: Map<string, ZoneId>
  readonly errors: unknown[]
  ask(name: string, type?: string, changes?: Partial<Message>): Promise<Message>
}

export const UPSTREAM: Endpoint = { host: '192.0.2.53', port: 53 }

/** The whole gateway but for its sockets. The clock is `zones.now`. */
export function gatewayInProcess(
  options: {
    limits?: Partial<Limits>
    upstreams?: Endpoint[]
    routes?: readonly Route[]
    loopback?: boolean
    requireCookies?: boolean
    isRouted?: LocalNames['isRouted']
    protection?: ProtectionOptions
    continuity?: Omit<ContinuityParts, 'onError'>
    guard?: readonly string[]
    now?: number
    store?: ContinuityStore | undefined
    pins?: Partial<PinSettings>
  } = {},
): InProcess {
  const limits = limitsWith(options.limits)
  const zones = new PublishedZones()
  zones.now = options.now ?? START + 1000
  const now = (): number => zones.now
  const servers = new Servers()
  const cache = new AnswerCache(limits)
  const errors: unknown[] = []
  const onError = (error: unknown): void => {
    errors.push(error)
  }
  const petnames = new Map<string, ZoneId>()
  const { signal } = new AbortController()
  const forwarding = createForwarding(
    {
      upstreams: (options.upstreams ?? []).map(plainUpstream),
      routes: options.routes ?? [],
      bootstrap: [],
      upstreamCa: undefined,
      resolvConf: '',
      limits,
      logger: undefined,
      signal,
      onOrigin: origin => {
        cache.askOf(origin, now())
      },
    },
    () => ({ exchange: servers.exchange, close: () => {} }),
  )
  const protection = new Protection({
    ...readProtection({ allow: ['0.0.0.0/0', '::/0'], ...options.protection }, []),
    limits,
    now,
  })
  const events: GuardEvent[] = []
  const guard = new Guard({
    patterns: readPatterns(options.guard ?? [], 'guard'),
    limits,
    now: () => ({ steady: monotonicNow(), time: now() }),
    ask: async (question, whom) =>
      askUpstreams(
        { forwarding, isOurs: () => false, resolve },
        ownQuery(question, limits.furtherNames, signal),
        whom,
      ),
    store: options.store,
    onEvent: event => events.push(event),
    onError,
  })
  const findZone = zonesFrom(zones, limits.zoneWait, now, onError)
  const owners = new OwnerPins({
    settings: { pins: options.pins !== undefined, ownPins: [], trustAnchors: undefined, ...options.pins },
    limits,
    now: () => ({ steady: monotonicNow(), time: now() }),
    store: options.pins && options.store,
    ask: askThrough(forwarding),
    isSecured: () => false,
    findZone,
    answerPinned: async (query, domain, zoneId) => answerPinned(query, domain, zoneId),
    resolve: async zoneId => zones.resolve(zoneId),
    logger: undefined,
    onError,
  })
  const parts: PipelineParts = {
    protection,
    cache,
    now,
    limits,
    continuity: new Continuity({ guard, ...(options.pins && { owners }), ...options.continuity, onError }),
    requireCookies: options.requireCookies ?? false,
    suffixes: [parseName('signpost.internal.')],
    petnames: petname => petnames.get(petname),
    findZone,
    forwarding,
    localNames: { hosts: { table: HostsTable.empty }, isRouted: options.isRouted ?? (() => false) },
    signal,
    onError,
    authorities: { port: 53, loopback: options.loopback ?? false },
  }
  const resolve = createPipeline(parts)
  const answerPinned = createAnswerPinned(parts, resolve)
  const secrets = new CookieSecrets(octets => new Uint8Array(octets).fill(7), now() / 1000)
  const readTerms = createTerms({ secrets, limits, now })
  const service = createService({
    resolve,
    readTerms,
    protection,
    limits,
    signal,
    onSettled: () => {},
    onError,
  })
  return {
    zones,
    servers,
    cache,
    protection,
    guard,
    owners,
    events,
    asker: forwarding.asker,
    service,
    petnames,
    errors,
    async ask(name, type = 'A', changes = {}) {
      const packet = encodeMessage(queryFor(name, type, changes))
      const reply = await service(packet, 'tcp', { address: '127.0.0.1', port: 40_000 })
      if (reply === undefined) throw new Error('no reply')
      return decodeMessage(reply)
    },
  }
}
