import { randomBytes } from 'node:crypto'
import type { ZoneId } from '@signpost/core'
import { AnswerCache } from './cache/answer-cache.ts'
import type { Endpoint } from './endpoint.ts'
import { AddressInUseError } from '@signpost/dns'
import { CookieSecrets } from './edns/cookie-secrets.ts'
import { createTerms } from './edns/terms.ts'
import { InFlight } from './in-flight.ts'
import type { Limits } from './limits.ts'
import { type GatewayOptions, readOptions } from './options.ts'
import { createPipeline } from './pipeline.ts'
import { type Service, createService } from './service.ts'
import { Counters, type GatewayStats } from './stats.ts'
import { Connections } from './transports/connections.ts'
import type { Listening } from './transports/listening.ts'
import { listenTcp } from './transports/tcp.ts'
import { listenUdp } from './transports/udp.ts'
import { createAsker } from './upstream/ask.ts'
import { exchangeOverUdp } from './upstream/udp-exchange.ts'
import { zonesFrom } from './zone-source.ts'

/** A running DNS server. */
export interface Gateway extends AsyncDisposable {
  /** Where it takes queries, over UDP and TCP, in the order of the option `listen` and with real ports. */
  readonly addresses: readonly Endpoint[]
  stats(): GatewayStats
  /** Drops cached answers in which a zone had a part: to be called where a new version of it is known. */
  forget(zoneId: ZoneId): void
  /** Drops all cached answers. */
  flush(): void
  /** Takes no further query, answers those in flight (for `limits.stopGrace` at most), then closes. */
  stop(): Promise<void>
}

/**
 * Starts a gateway.
 * @throws InvalidConfigError (INVALID_CONFIG) for options that it cannot run with, ports that need root included.
 * @throws AddressInUseError (ADDRESS_IN_USE) where another program listens there.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = readOptions(options)
  const { limits, now, logger } = settings
  const stopping = new AbortController()
  const cache = new AnswerCache(limits)
  const counters = new Counters()
  const inFlight = new InFlight()
  const onError = (error: unknown): void => {
    logger?.error('a query met an error', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
  const asker = createAsker(exchangeOverUdp, limits, stopping.signal)
  const resolve = createPipeline({
    ...settings,
    cache,
    asker,
    signal: stopping.signal,
    onError,
    findZone: zonesFrom(settings.resolver, limits.zoneWait, now, onError),
  })
  const secrets = new CookieSecrets(randomBytes, Math.floor(now() / 1000))
  const service = createService({
    resolve,
    readTerms: createTerms({ secrets, limits, now }),
    limits,
    signal: stopping.signal,
    onSettled: (transport, kind) => {
      counters.count(transport, kind)
    },
    onError,
  })
  const connections = new Connections(limits)
  const listening = await listenAll(settings.listen, inFlight.watch(service), connections, limits)

  let stopped: Promise<void> | undefined
  const stopOnce = async (): Promise<void> => {
    for (const socket of listening) socket.pause()
    await inFlight.settled(limits.stopGrace)
    stopping.abort()
    await Promise.all(listening.map(socket => socket.close()))
  }
  const stop = async (): Promise<void> => {
    stopped ??= stopOnce()
    await stopped
  }
  return {
    addresses: listening.filter(at => at.transport === 'udp').map(({ host, port }) => ({ host, port })),
    stats: () => ({
      ...counters.read(),
      pending: inFlight.count,
      cache: cache.stats(),
      upstream: asker.stats(),
    }),
    forget: zoneId => {
      cache.forget(zoneId)
    },
    flush: () => {
      cache.clear()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** All addresses or none. */
async function listenAll(
  at: readonly Endpoint[],
  service: Service,
  connections: Connections,
  limits: Limits,
): Promise<Listening[]> {
  const listening: Listening[] = []
  try {
    for (const endpoint of at) listening.push(...(await listenBoth(endpoint, service, connections, limits)))
    return listening
  } catch (error) {
    await Promise.all(listening.map(socket => socket.close()))
    throw error
  }
}

/** Tries for a port that is free for UDP and TCP alike. */
const PORT_TRIES = 20

async function listenBoth(
  at: Endpoint,
  service: Service,
  connections: Connections,
  limits: Limits,
): Promise<Listening[]> {
  for (let tries = at.port === 0 ? PORT_TRIES : 1; ; tries--) {
    const udp = await listenUdp(at, service)
    try {
      return [udp, await listenTcp({ host: at.host, port: udp.port }, service, connections, limits)]
    } catch (error) {
      await udp.close()
      if (tries <= 1 || !(error instanceof AddressInUseError)) throw error
    }
  }
}
