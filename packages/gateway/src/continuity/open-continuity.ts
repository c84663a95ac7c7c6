import type { Logger } from '@signpost/node'
import type { Settings } from '../options.ts'
import { monotonicNow } from '../upstream/monotonic.ts'
import { type ContinuityStore, openContinuityStore } from './continuity-store.ts'
import { Continuity } from './continuity.ts'
import { type AlarmParts, Alarms } from './guard/alarms.ts'
import { Guard, type GuardParts } from './guard/guard.ts'
import { OwnerPins, type OwnerPinsParts } from './pins/owner-pins.ts'

export interface OpenContinuityParts
  extends Pick<Settings, 'guard' | 'limits' | 'now' | 'logger' | 'cacheDirectory'>,
    Pick<GuardParts, 'ask'> {
  readonly owners: Omit<OwnerPinsParts, 'limits' | 'now' | 'store' | 'logger' | 'onError'>
  readonly onEvent: AlarmParts['onEvent']
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Continuity as it runs in a gateway. */
export interface RunningContinuity {
  readonly continuity: Continuity
  readonly guard: Guard
  readonly owners: OwnerPins
  /** Keeps what is known in another directory from now on, or in none. What is in the one before stays there. */
  keepIn(directory: string | undefined): Promise<void>
  close(): Promise<void>
}

/** Takes back what an earlier process knew. Whatever is wrong with the disk is logged, and it works without. */
export async function openContinuity(parts: OpenContinuityParts): Promise<RunningContinuity> {
  const { limits, now, logger, ask, onEvent, onError } = parts
  let store = await storeIn(parts.cacheDirectory, logger)
  const alarms = new Alarms({ logger, onEvent, now: monotonicNow })
  const guard = new Guard({
    patterns: parts.guard,
    limits,
    now: () => ({ steady: monotonicNow(), time: now() }),
    ask,
    store,
    onError,
    onEvent: event => {
      alarms.tell(event)
    },
  })
  const owners = new OwnerPins({
    ...parts.owners,
    limits,
    now: () => ({ steady: monotonicNow(), time: now() }),
    store,
    logger,
    onError,
  })
  return {
    continuity: new Continuity({ guard, owners, onError }),
    guard,
    owners,
    keepIn: async directory => {
      await store?.close()
      store = await storeIn(directory, logger)
      guard.keepIn(store)
      owners.keepIn(store)
    },
    close: async () => {
      guard.close()
      await owners.close()
      await store?.close()
    },
  }
}

async function storeIn(
  directory: string | undefined,
  logger: Logger | undefined,
): Promise<ContinuityStore | undefined> {
  return directory === undefined ? undefined : openContinuityStore({ directory, logger })
}
