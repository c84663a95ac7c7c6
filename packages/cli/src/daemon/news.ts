import { setTimeout as sleep } from 'node:timers/promises'
import type { ZoneId } from '@signpost/core'
import type { Logger, NodeEventTarget } from '@signpost/node'
import { aborted } from '../signals.ts'
import { fieldsOf, readZoneId } from './codec.ts'
import { type Flush, readFlush, writeFlush } from './flushes.ts'
import type { DaemonClient } from './daemon-client.ts'
import { type GuardChange, readGuardChange, writeGuardChange } from './guards.ts'
import type { Listeners } from './listeners.ts'
import { type PinChange, readPinChange, writePinChange } from './pins.ts'
import type { Route } from './server.ts'
import type { Json } from './transport.ts'

/** Milliseconds until a daemon that is lost is called again, doubled each time up to the last. */
const RECONNECT_PAUSE = { first: 250, last: 10_000 }

/** What the user does that gateways of other processes have to hear of. */
export interface NewsSources {
  readonly flushes: Listeners<Flush>
  /** Petnames stand for other zones. */
  readonly petnames: Listeners<void>
  readonly guards: Listeners<GuardChange>
  readonly pins: Listeners<PinChange>
}

/**
 * The call that goes on for as long as both sides run. It says that it listens, and from then on names each zone of
 * which the node learns a version, and passes on what the user wants flushed, and that
 * petnames, guards or pins have changed.
 */
export function newsRoute(
  node: Pick<NodeEventTarget, 'addEventListener'>,
  { flushes, petnames, guards, pins }: NewsSources,
): Route {
  return async (_body, { signal, progress }) => {
    node.addEventListener('record', ({ detail: { record } }) => progress({ zoneId: record.zoneId }), {
      signal,
    })
    flushes.listen(flush => progress({ flush: writeFlush(flush) }), signal)
    petnames.listen(() => progress({ petnames: true }), signal)
    guards.listen(change => progress({ guards: writeGuardChange(change) }), signal)
    pins.listen(change => progress({ pins: writePinChange(change) }), signal)
    progress({})
    await aborted(signal)
    return null
  }
}

export interface NewsListener {
  /** Versions of any zone may have come meanwhile: the call has just begun. */
  missed(): void
  /** A version of a zone has come. */
  news(zoneId: ZoneId): void
  /** The user wants answers to be forgotten. */
  flush(flush: Flush): void
  /** Petnames stand for other zones. */
  petnames(): void
  /** Other names are guarded, or a change of one is accepted. */
  guards(change: GuardChange): void
  /** The user pins other domains, or decides about what was learned of one. */
  pins(change: PinChange): void
}

/** Tells a listener what the daemon's node learns, from now until the signal aborts; the daemon may come and go. */
export function hearNews(
  daemon: Pick<DaemonClient, 'call'>,
  listener: NewsListener,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): {
  /** Resolves when the call has begun, or has failed once. */
  readonly started: Promise<void>
  /** Resolves after the signal has aborted. */
  readonly ended: Promise<void>
} {
  const started = Promise.withResolvers<void>()
  let pause = RECONNECT_PAUSE.first
  let isLost = false
  const onProgress = (event: Json): void => {
    const { zoneId, flush, petnames, guards, pins } = fieldsOf(event)
    if (flush !== undefined) return listener.flush(readFlush(flush))
    if (petnames !== undefined) return listener.petnames()
    if (guards !== undefined) return listener.guards(readGuardChange(guards))
    if (pins !== undefined) return listener.pins(readPinChange(pins))
    if (zoneId !== undefined) return listener.news(readZoneId(zoneId))
    pause = RECONNECT_PAUSE.first
    isLost = false
    listener.missed()
    started.resolve()
  }
  const note = (error: unknown): void => {
    const level = isLost ? 'debug' : 'warn'
    const problem = error instanceof Error ? error.message : String(error)
    logger[level]('the daemon does not say what is new; cached answers last for their TTL', { problem })
    isLost = true
  }
  const listen = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await daemon.call('news', {}, { signal, onProgress })
      } catch (error) {
        if (!signal.aborted) note(error)
      }
      started.resolve()
      await sleep(pause, undefined, { signal }).catch(ignoreAbort)
      pause = Math.min(2 * pause, RECONNECT_PAUSE.last)
    }
  }
  return { started: started.promise, ended: listen() }
}

function ignoreAbort(): void {}
