import { randomBytes } from 'node:crypto'
import type { ZoneId } from '@signpost/core'
import { type Name, SignpostError, parseName } from '@signpost/dns'
import { AnswerCache } from './cache/answer-cache.ts'
import { questionOfKey } from './cache/key.ts'
import { type Persistence, persistAnswers } from './cache/persistence.ts'
import type { DoubtReport } from './continuity/guard/event.ts'
import { askThrough } from './continuity/dnssec/ask.ts'
import { readPatterns } from './continuity/guard/patterns.ts'
import { openContinuity } from './continuity/open-continuity.ts'
import type { PinReport } from './continuity/pins/pin.ts'
import { readOwnPins } from './continuity/pins/settings.ts'
import type { Endpoint } from './endpoint.ts'
import { CookieSecrets } from './edns/cookie-secrets.ts'
import { HostsFile } from './local/hosts-file.ts'
import { isUnder } from './names.ts'
import { type GatewayOptions, readOptions } from './options.ts'
import { waitingForRestart } from './restart.ts'
import { type Kept, type Serving, createServing } from './serving.ts'
import { Counters, type GatewayStats } from './stats.ts'
import type { Service } from './service.ts'
import { Connections } from './transports/connections.ts'
import type { Listening } from './transports/listening.ts'
import { Sockets } from './transports/sockets.ts'
import { createIsRefused } from './upstream/routes.ts'
import type { ListeningPlaces } from './upstream/settings.ts'
import { isSecure } from './upstream/upstream.ts'

/** What came of new options. */
export interface Reloaded {
  /** Options, as paths, whose new values count from the next start on. */
  readonly takesRestart: readonly string[]
}

/** What a gateway answers for ordinary names where ordinary DNS fails. */
export interface GatewayContinuity {
  /** The names that are guarded, as the option `guard` has them. */
  readonly guards: readonly string[]
  /**
   * Guards these names from now on, until the next reload.
   * @throws InvalidConfigError, and all is as it was.
   */
  replaceGuards(guards: readonly string[]): void
  /** The guarded names that are in doubt, the oldest first. */
  doubts(): readonly DoubtReport[]
  /**
   * Believes from now on what ordinary DNS says of a name, and forgets its last good answers.
   * @returns how many doubts that ended.
   * @throws InvalidNameError
   */
  accept(name: string): number
  /** The domains that are pinned to zones, in the order of their names. */
  pins(): readonly PinReport[]
  /**
   * Takes these for the pins that the user set, by domain, until the next reload.
   * @throws InvalidConfigError, and all is as it was.
   */
  replacePins(pins: ReadonlyMap<string, ZoneId>): void
  /**
   * Pins a domain to the zone that it names now instead of the one that it was pinned to.
   * @returns that zone; undefined where it names no other one.
   * @throws InvalidNameError
   */
  acceptPin(domain: string): ZoneId | undefined
  /**
   * Forgets what was learned of a domain, which is looked at anew with the next question about it.
   * @returns whether there was something.
   * @throws InvalidNameError
   */
  forgetPin(domain: string): boolean
}

/** A running DNS server. */
export interface Gateway extends AsyncDisposable {
  /** Where it takes queries, over UDP and TCP, in the order of the option `listen` and with real ports. */
  readonly addresses: readonly Endpoint[]
  /** The same over TLS, in the order of the option `tls`. */
  readonly tlsAddresses: readonly Endpoint[]
  /** The same over HTTPS, in the order of the option `https`. */
  readonly httpsAddresses: readonly Endpoint[]
  readonly continuity: GatewayContinuity
  stats(): GatewayStats
  /**
   * Goes on under other options. No query is dropped: sockets at addresses that stay are not touched, answers stay in the
   * cache unless the suffixes change, and what was asked before is answered as before. Of several calls at once each
   * waits for the one before it. Resolves once the last question under the old options is answered. Where answers are
   * kept on disk no more, what is there stays as it is. Which files the certificate is in while anything needs one takes
   * a restart; so do the clock, the logger and the limits that the result names.
   * @throws as {@link createGateway} does, and where a new address overlaps with one that it is to take the place of; then
   * all is as it was.
   * @throws GatewayStoppedError (GATEWAY_STOPPED) after {@link stop} was called.
   */
  reload(options: GatewayOptions): Promise<Reloaded>
  /**
   * Drops cached answers in which a zone had a part: to be called where a new version of it is known. Without a zone,
   * those in which any zone had one.
   */
  forget(zoneId?: ZoneId): void
  /**
   * Drops cached answers, on disk too: those about a name with all aliases that lead to it, with `below` those about the
   * names below it as well; without a name all.
   * @returns how many.
   * @throws InvalidNameError
   */
  flush(name?: string, options?: { readonly below?: boolean }): number
  /** Takes no further query, answers those in flight (for `limits.stopGrace` at most), then closes. */
  stop(): Promise<void>
}

/** A gateway was given other options after it was told to stop. */
export class GatewayStoppedError extends SignpostError {
  readonly code = 'GATEWAY_STOPPED'

  constructor(options?: ErrorOptions) {
    super('this gateway has stopped; start another one', options)
  }
}

/**
 * Starts a gateway.
 * @throws InvalidConfigError (INVALID_CONFIG) for options that it cannot run with, ports that need root included.
 * @throws NotThereYetError (NOT_THERE_YET) for an address that this machine does not have, or a certificate that is not there.
 * @throws AddressInUseError (ADDRESS_IN_USE) where another program listens there.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const first = readOptions(options)
  const { limits, now, logger } = first
  const stopping = new AbortController()
  const onError = (error: unknown): void => {
    logger?.error('a query met an error', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
  const cache = new AnswerCache(limits)
  // What upstreams said of its names is not true here.
  const hosts = new HostsFile({ logger, onChange: table => cache.drop(name => table.has(name)) })
  const running = await openContinuity({
    ...first,
    ask: async (question, whom) => serving.askUpstreams(question, whom),
    owners: {
      settings: first,
      ask: async (question, signal) => askThrough(serving.forwarding)(question, signal),
      isSecured: async name => (await serving.forwarding.choose(name)).upstreams.every(isSecure),
      findZone: async (zoneId, signal) => serving.findZone(zoneId, signal),
      answerPinned: async (query, domain, zoneId) => serving.answerPinned(query, domain, zoneId),
      resolve: async (zoneId, how) => serving.settings.resolver.resolve(zoneId, how),
    },
    onEvent: event => serving.settings.onGuardEvent?.(event),
    onError,
  })
  const { guard, owners } = running
  const kept: Kept = {
    cache,
    continuity: running.continuity,
    counters: new Counters(),
    secrets: new CookieSecrets(randomBytes, Math.floor(now() / 1000)),
    hosts,
    signal: stopping.signal,
    onError,
  }
  let serving = createServing(first, kept)
  /** Those that have questions under way from before a change. */
  const leaving = new Set<Serving>()
  const all = (): Serving[] => [serving, ...leaving]
  const service: Service = (packet, transport, client) => serving.service(packet, transport, client)
  const connections = new Connections(limits, {
    get clients() {
      return serving.protection.clients
    },
    refusesAloud: () => serving.protection.refusesAloud(),
  })
  await hosts.follow(first.hosts, limits)
  // Nothing more is written to a directory that the options no longer name.
  const keepIn = async (directory: string | undefined): Promise<Persistence | undefined> =>
    directory === undefined
      ? undefined
      : persistAnswers({
          ...first,
          cache: kept.cache,
          directory,
          isOurs: key => serving.isOurs(questionOfKey(key)),
        })
  let persistence = await keepIn(first.cacheDirectory)
  const sockets = await Sockets.listen({ ...first, service, connections }).catch(async (error: unknown) => {
    hosts.close()
    serving.forwarding.close()
    await running.close()
    await persistence?.close()
    throw error
  })
  const places = (): ListeningPlaces => ({
    listen: sockets.addressesOf('udp'),
    tls: sockets.addressesOf('tls'),
    https: sockets.addressesOf('https'),
  })
  await serving.forwarding.start(places())

  const stats = (): GatewayStats => ({
    ...kept.counters.read(),
    limited: serving.protection.counters.read(),
    connections: connections.stats(),
    certificateExpiresAt: sockets.certificateExpiresAt,
    pending: all().reduce((sum, { inFlight }) => sum + inFlight.count, 0),
    cache: { ...kept.cache.stats(), disk: persistence?.stats() },
    upstream: serving.forwarding.stats(),
    continuity: { given: kept.continuity.counts, guard: guard.stats(), owners: owners.stats() },
  })

  let stopped: Promise<void> | undefined
  /** Changes one after the other: the later one counts, and none is left half done. */
  let changes: Promise<unknown> = Promise.resolve()

  const change = async (changed: GatewayOptions): Promise<Left> => {
    if (stopped !== undefined) throw new GatewayStoppedError()
    const settings = readOptions(changed)
    const gone = await sockets.move(settings)
    // Under another suffix the same names belong to others.
    if (printed(settings.suffixes) !== printed(serving.settings.suffixes)) {
      kept.cache.forget()
      kept.cache.drop(name => isUnder(name, settings.suffixes))
    }
    const before = serving
    serving = createServing(settings, kept, before)
    leaving.add(before)
    if (serving.forwarding !== before.forwarding) {
      before.forwarding.retire()
      // Nobody is asked for it any more, so nobody's word on it counts.
      const isRefused = createIsRefused(settings)
      kept.cache.drop(name => isRefused(name) && !isUnder(name, settings.suffixes))
    }
    if (settings.cacheDirectory !== before.settings.cacheDirectory) {
      await persistence?.close()
      persistence = await keepIn(settings.cacheDirectory)
      await running.keepIn(settings.cacheDirectory)
    }
    guard.replace(settings.guard)
    owners.replace(settings)
    await serving.forwarding.start(places())
    await hosts.follow(settings.hosts, settings.limits)
    return { before, gone }
  }

  /** What a change took the place of goes once its questions are answered; no question takes longer than its time. */
  const leave = async ({ before, gone }: Left): Promise<void> => {
    // A socket may have questions from before another change, too.
    await Promise.all(
      [...leaving].map(async each =>
        each.inFlight.settled(each.settings.limits.questionTotal, stopping.signal),
      ),
    )
    leaving.delete(before)
    if (!all().some(({ forwarding }) => forwarding === before.forwarding)) before.forwarding.close()
    await Promise.all(gone.map(async socket => socket.close()))
  }

  const departures = new Set<Promise<void>>()
  const reload = async (changed: GatewayOptions): Promise<Reloaded> => {
    const turn = changes.then(async () => change(changed))
    changes = turn.catch(() => {})
    const departure = leave(await turn)
    departures.add(departure)
    await departure.finally(() => departures.delete(departure))
    return { takesRestart: waitingForRestart(first, readOptions(changed)) }
  }

  const stopOnce = async (): Promise<void> => {
    await changes
    await Promise.all(sockets.all.map(async socket => socket.pause()))
    const { stopGrace } = serving.settings.limits
    await Promise.all(all().map(async ({ inFlight }) => inFlight.settled(stopGrace)))
    guard.close()
    stopping.abort()
    await Promise.all(departures)
    serving.forwarding.close()
    hosts.close()
    await sockets.close()
    await running.close()
    await persistence?.close()
  }
  const stop = async (): Promise<void> => {
    stopped ??= stopOnce()
    await stopped
  }
  return {
    get addresses() {
      return sockets.addressesOf('udp')
    },
    get tlsAddresses() {
      return sockets.addressesOf('tls')
    },
    get httpsAddresses() {
      return sockets.addressesOf('https')
    },
    continuity: {
      get guards() {
        return guard.guards
      },
      replaceGuards: guards => {
        guard.replace(readPatterns(guards, 'guard', serving.settings.suffixes))
      },
      doubts: () => guard.reports(),
      accept: name => {
        const accepted = parseName(name)
        const ended = guard.acceptName(accepted)
        if (ended > 0) kept.cache.drop(other => other.equals(accepted))
        return ended
      },
      pins: () => owners.reports(),
      replacePins: pins => {
        owners.replaceOwn(readOwnPins(pins, serving.settings.suffixes))
      },
      acceptPin: domain => owners.accept(parseName(domain)),
      forgetPin: domain => owners.forget(parseName(domain)),
    },
    stats,
    reload,
    forget: zoneId => {
      kept.cache.forget(zoneId)
    },
    flush: (name, { below = false } = {}) => {
      if (name === undefined) return kept.cache.clear()
      const flushed = parseName(name)
      return kept.cache.drop(other => other.equals(flushed) || (below && other.isAtOrBelow(flushed)))
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** What answered queries before a change, with the sockets that take none any more. */
interface Left {
  readonly before: Serving
  readonly gone: readonly Listening[]
}

function printed(names: readonly Name[]): string {
  return names.map(({ key }) => key).join(' ')
}
