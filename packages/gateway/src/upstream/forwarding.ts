import { randomBytes } from 'node:crypto'
import { Name, createQuery } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import type { Awaitable } from '../handler.ts'
import type { Limits } from '../limits.ts'
import { type AskStats, type Asker, createAsker } from './ask.ts'
import { type Exchanges, type ExchangesParts, createExchanges } from './exchanges.ts'
import type { Condition } from './health.ts'
import { HostAddresses, lookUpThrough } from './host-addresses.ts'
import { LoopGuard, type Place, probeQuestion } from './loop-guard.ts'
import { type Origin, originOf } from './origin.ts'
import { type Route, type RouteOf, createRouteOf } from './routes.ts'
import { type ForwardingSettings, type ListeningPlaces, isOwnUpstream } from './settings.ts'
import { SYSTEM_FILES, readSystemServers } from './system/system-servers.ts'
import { SystemUpstreams } from './system/system-upstreams.ts'
import { type Upstream, printUpstream } from './upstream.ts'

/** Who is asked for a name. */
export interface Choice {
  /** The name's own route; undefined where it goes where all others go. */
  readonly route: Route | undefined
  readonly upstreams: readonly Upstream[]
  /** Those that are left out because they ask this gateway itself. */
  readonly loops: readonly Upstream[]
  /** They are this machine's resolvers, of which there may be none for a time. */
  readonly isSystem: boolean
  /** Of all upstreams together; undefined until they are known. */
  readonly origin: Origin | undefined
}

/** How one upstream does. */
export interface UpstreamStats {
  /** As `upstreams` has it. */
  readonly upstream: string
  /** The domains for whose names it is asked; absent where for all that have no route of their own. */
  readonly domains?: readonly string[]
  /** `loop`: it asks this gateway itself, so it is not used. */
  readonly condition: Condition | 'loop'
  /** Milliseconds that its replies take; absent where it never gave one. */
  readonly roundTrip?: number
  /** Requests sent to it, and those without a usable reply. */
  readonly sent: number
  readonly failed: number
}

export interface ForwardingStats extends AskStats {
  readonly upstreams: readonly UpstreamStats[]
}

/** Everything that leads from a name to the servers that are asked for it. */
export interface Forwarding {
  readonly asker: Asker
  /**
   * For servers that zones name. It has knowledge of its own of them: a zone may name an upstream's address, and what that
   * says to a question that is not for it says nothing about the upstream.
   */
  readonly authorityAsker: Asker
  readonly routeOf: RouteOf
  readonly loops: Pick<LoopGuard, 'isOwnProbe'>
  choose(name: Name): Awaitable<Choice>
  /** None of those that were chosen had an answer. */
  noteFailure(choice: Choice): void
  /**
   * Begins to look for loops, and for this machine's resolvers where they are asked. To be called again where the gateway
   * listens elsewhere.
   */
  start(places: ListeningPlaces): Promise<void>
  stats(): ForwardingStats
  /** Others take its place: it answers what it was asked, and looks at nothing any more. */
  retire(): void
  close(): void
}

export interface ForwardingParts extends ForwardingSettings {
  readonly limits: Limits
  readonly logger: Logger | undefined
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears of whom is asked, as soon as that is known and whenever it changes: this machine may be on another network. */
  readonly onOrigin: (origin: Origin) => void
}

/** Whether options leave everything as it was. */
export function isSameForwarding(
  some: ForwardingSettings & Pick<ForwardingParts, 'limits'>,
  others: ForwardingSettings & Pick<ForwardingParts, 'limits'>,
): boolean {
  const [one, other] = [some, others].map(
    ({ upstreams, routes, bootstrap, upstreamCa, resolvConf, limits }) =>
      JSON.stringify([upstreams, routes, bootstrap, upstreamCa, resolvConf, limits]),
  )
  return one === other
}

/** Where names are asked that have no route. */
const EVERYWHERE: readonly Name[] = []

/** @param open opens the ways to servers; another one is for tests alone. */
export function createForwarding(
  parts: ForwardingParts,
  open: (parts: ExchangesParts) => Exchanges = createExchanges,
): Forwarding {
  const { limits, logger, bootstrap, routes } = parts
  const closing = new AbortController()
  const { signal } = closing
  const onStop = (): void => {
    closing.abort()
  }
  parts.signal.addEventListener('abort', onStop, { once: true })
  // A name is looked up by the same means by which upstreams with addresses are asked.
  const hosts = new HostAddresses(
    lookUpThrough(bootstrap, async (servers, inquiry) => asker.ask(servers, inquiry, { measure: true })),
  )
  const exchanges = open({ hosts, ca: parts.upstreamCa, limits })
  const toAuthorities = open({ hosts, ca: parts.upstreamCa, limits })
  const requests = { out: 0 }
  const asker = createAsker(exchanges.exchange, limits, signal, requests)
  const authorityAsker = createAsker(toAuthorities.exchange, limits, signal, requests)
  const routeOf = createRouteOf(routes)

  const loops = new LoopGuard({
    send: async (upstream, probe) => {
      const request = createQuery(probeQuestion(probe), { id: randomBytes(2).readUInt16BE() })
      return (await exchanges.exchange(upstream, request, limits.upstreamTry, signal)).kind === 'reply'
    },
    token: () => randomBytes(16).toString('hex'),
    limits,
    logger,
  })

  let listening: ListeningPlaces = { listen: [], tls: [], https: [] }
  const started = Promise.withResolvers<void>()
  const system = new SystemUpstreams({
    read: async () => readSystemServers({ ...SYSTEM_FILES, resolvConf: parts.resolvConf }),
    isOwn: upstream => isOwnUpstream(upstream, listening),
    interval: limits.systemCheck,
    onChange: () => {
      loops.watch(places())
      noteOrigin()
    },
    logger,
  })
  const isSystem = parts.upstreams === 'system'
  let isReady = !isSystem
  const general = (): readonly Upstream[] => (parts.upstreams === 'system' ? system.current : parts.upstreams)
  const all = (): { domains: readonly Name[]; upstreams: readonly Upstream[] }[] => [
    { domains: EVERYWHERE, upstreams: general() },
    ...routes,
  ]
  const places = (): Place[] =>
    all().flatMap(({ domains, upstreams }) => upstreams.map(upstream => placeOf(upstream, domains)))

  let origin: Origin | undefined
  const noteOrigin = (): void => {
    // That there is nobody to ask for a time makes nothing old.
    if (isSystem && system.current.length === 0) return
    origin = originOf(JSON.stringify([general(), routes]))
    parts.onOrigin(origin)
  }
  if (!isSystem) noteOrigin()

  const choiceOf = (route: Route | undefined): Choice => {
    const upstreams = route?.upstreams ?? general()
    const inLoop = upstreams.filter(upstream => loops.isLoop(placeOf(upstream, route?.domains)))
    const others = inLoop.length === 0 ? upstreams : upstreams.filter(upstream => !inLoop.includes(upstream))
    return { route, upstreams: others, loops: inLoop, isSystem: isSystem && route === undefined, origin }
  }

  return {
    asker,
    authorityAsker,
    routeOf,
    loops,
    choose: name => {
      const route = routeOf(name)
      return route !== undefined || isReady ? choiceOf(route) : started.promise.then(() => choiceOf(route))
    },
    noteFailure({ route, upstreams }) {
      for (const upstream of upstreams) loops.suspect(placeOf(upstream, route?.domains))
    },
    async start(at) {
      listening = at
      if (isSystem) await system.start()
      isReady = true
      started.resolve()
      loops.watch(places())
    },
    stats: () => ({
      ...sumOf(asker.stats(), authorityAsker.stats()),
      upstreams: all().flatMap(({ domains, upstreams }) =>
        upstreams.map(upstream => statsOf(upstream, domains, asker, loops)),
      ),
    }),
    retire() {
      system.close()
      loops.close()
    },
    close() {
      parts.signal.removeEventListener('abort', onStop)
      closing.abort()
      started.resolve()
      system.close()
      loops.close()
      exchanges.close()
      toAuthorities.close()
    },
  }
}

/** A loop shows in the first of a route's domains. */
function placeOf(upstream: Upstream, [domain]: readonly Name[] = EVERYWHERE): Place {
  return { upstream, domain: domain ?? Name.root }
}

function sumOf(some: AskStats, others: AskStats): AskStats {
  return { sent: some.sent + others.sent, failed: some.failed + others.failed }
}

function statsOf(
  upstream: Upstream,
  domains: readonly Name[],
  asker: Asker,
  loops: LoopGuard,
): UpstreamStats {
  const { condition, roundTrip } = asker.healthOf(upstream)
  return {
    upstream: printUpstream(upstream),
    ...(domains.length === 0 ? {} : { domains: domains.map(String) }),
    condition: loops.isLoop(placeOf(upstream, domains)) ? 'loop' : condition,
    ...(roundTrip === undefined ? {} : { roundTrip: Math.round(roundTrip * 10) / 10 }),
    ...asker.countsOf(upstream),
  }
}
