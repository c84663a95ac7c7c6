import { randomBytes } from 'node:crypto'
import type { ZoneId } from '@signpost/core'
import { Protection } from './abuse/protection.ts'
import { AnswerCache } from './cache/answer-cache.ts'
import type { Endpoint } from './endpoint.ts'
import { CookieSecrets } from './edns/cookie-secrets.ts'
import { createTerms } from './edns/terms.ts'
import { InFlight } from './in-flight.ts'
import { type GatewayOptions, type Settings, readOptions } from './options.ts'
import { createPipeline } from './pipeline.ts'
import type { Transport } from './query.ts'
import { createService } from './service.ts'
import { Counters, type GatewayStats } from './stats.ts'
import type { Certificate } from './transports/certificate/certificate.ts'
import { openConfigured } from './transports/certificate/configured.ts'
import { Connections } from './transports/connections.ts'
import { listenEverywhere } from './transports/listen.ts'
import { createAsker } from './upstream/ask.ts'
import { exchangeOverUdp } from './upstream/udp-exchange.ts'
import { zonesFrom } from './zone-source.ts'

/** A running DNS server. */
export interface Gateway extends AsyncDisposable {
  /** Where it takes queries, over UDP and TCP, in the order of the option `listen` and with real ports. */
  readonly addresses: readonly Endpoint[]
  /** The same over TLS, in the order of the option `tls`. */
  readonly tlsAddresses: readonly Endpoint[]
  /** The same over HTTPS, in the order of the option `https`. */
  readonly httpsAddresses: readonly Endpoint[]
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
  const protection = new Protection(settings)
  const resolve = createPipeline({
    ...settings,
    protection,
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
    protection,
    limits,
    signal: stopping.signal,
    onSettled: (transport, kind) => {
      counters.count(transport, kind)
    },
    onError,
  })
  const connections = new Connections(limits, protection)
  const certificate = await certificateFor(settings)
  const listening = await listenEverywhere({
    ...settings,
    certificate,
    service: inFlight.watch(service),
    connections,
  }).catch((error: unknown) => {
    certificate?.close()
    throw error
  })

  let stopped: Promise<void> | undefined
  const stopOnce = async (): Promise<void> => {
    for (const socket of listening) socket.pause()
    await inFlight.settled(limits.stopGrace)
    stopping.abort()
    certificate?.close()
    await Promise.all(listening.map(socket => socket.close()))
  }
  const stop = async (): Promise<void> => {
    stopped ??= stopOnce()
    await stopped
  }
  const addressesOf = (transport: Transport): Endpoint[] =>
    listening.filter(at => at.transport === transport).map(({ host, port }) => ({ host, port }))
  return {
    addresses: addressesOf('udp'),
    tlsAddresses: addressesOf('tls'),
    httpsAddresses: addressesOf('https'),
    stats: () => ({
      ...counters.read(),
      limited: protection.counters.read(),
      connections: connections.stats(),
      certificateExpiresAt: certificate?.expiresAt,
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

/** Undefined where nothing needs one. @throws InvalidConfigError */
async function certificateFor(settings: Settings): Promise<Certificate | undefined> {
  const { certificate: files, tls, https } = settings
  if (files === undefined) return undefined
  return openConfigured({ ...settings, files, hosts: [...tls, ...https].map(({ host }) => host) })
}
