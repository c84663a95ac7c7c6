import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../defined.ts'
import { version } from '../version.ts'
import { SHORTENED } from './contestants/gateway.ts'
import { DrillError } from './errors.ts'
import type { Log } from './log.ts'
import type { Timing } from './phases.ts'
import { SERVICE } from './provider/zone-text.ts'
import type { DrillRecord } from './report/record.ts'
import { type Scene, type SceneOptions, setScene } from './scene.ts'

export interface DrillOptions extends SceneOptions {
  readonly timing: Timing
}

/** Milliseconds at least for which programs ask a newcomer while the name is empty, and all of them after their restart. */
const AFTER_ARRIVAL = 2000
const AFTER_RESTART = 4000

/** Milliseconds for the race; it is run again every few seconds until the name is empty. */
const RACE_LIMIT = 30_000

/**
 * Replays the outage with real parts on this machine, and returns what every program saw. All that was started has ended then.
 * @throws DrillError where something that is needed does not start.
 */
export async function holdDrill(options: DrillOptions): Promise<DrillRecord> {
  const { log, timing, stop, ownSpace } = options
  await using scene = await setScene(options)
  const { provider, path, peers, members } = scene
  const wait = async (milliseconds: number): Promise<void> => {
    await sleep(Math.max(0, milliseconds), undefined, { signal: stop })
  }
  const atOnce = members.filter(({ entry }) => entry.joins === 'at-once')
  const later = members.filter(({ entry }) => entry.joins === 'in-outage')
  await Promise.all(atOnce.map(async member => member.start()))
  stop.throwIfAborted()

  await Promise.all(atOnce.map(async member => member.use(log)))
  stop.throwIfAborted()

  log.start()
  log.begin('calm')
  await wait(timing.calm)

  log.begin('race')
  log.happened('one of three writers is slow from now on')
  await raced(scene, stop)

  log.begin('empty')
  log.happened(`${SERVICE} has no address any more`)
  const arrival = later.map(async member => {
    await member.start()
    await member.use(log)
    log.happened(`a new machine is switched on: ${member.entry.title}`)
  })
  await Promise.all(arrival)
  await wait(Math.max(AFTER_ARRIVAL, timing.empty - log.sincePhase()))

  log.begin('servfail')
  path.state = 'servfail'
  log.happened("the provider's servers answer SERVFAIL")
  await wait(timing.servfail)

  log.begin('silent')
  path.state = 'silent'
  log.happened('nothing answers any more')
  await wait(timing.freezeAt)
  log.happened(`${peers.freezeThird()} of ${peers.count} peers freeze`)
  await wait(timing.killAt - timing.freezeAt)
  log.happened('every resolver is killed (SIGKILL)')
  await Promise.all(members.map(async member => member.kill(log)))
  await wait(timing.restartAt - timing.killAt)
  await Promise.all(members.map(async member => member.restart(log)))
  log.happened('every resolver runs again')
  await wait(Math.max(AFTER_RESTART, timing.silent - log.sincePhase()))

  log.begin('recovery')
  peers.thaw()
  await provider.repair()
  path.state = 'open'
  log.happened('the name is repaired by hand, and everybody asks at once')
  await Promise.all(members.map(async member => member.stampede()))
  await wait(timing.recovery - log.sincePhase())
  log.end()
  const length = log.now()
  await Promise.all(members.map(async member => member.finish()))
  return recordOf(log, scene, { length, ownSpace })
}

async function raced({ provider }: Scene, stop: AbortSignal): Promise<void> {
  const tooLong = AbortSignal.timeout(RACE_LIMIT)
  try {
    await provider.race(AbortSignal.any([stop, tooLong]))
  } catch (cause) {
    if (!tooLong.aborted) throw cause
    throw new DrillError('the writers did not get in each other’s way; this machine may be too busy', {
      cause,
    })
  }
}

function recordOf(
  log: Log,
  { provider, peers, members, absent, programs, standbyServed }: Scene,
  { length, ownSpace }: Pick<DrillRecord, 'length' | 'ownSpace'>,
): DrillRecord {
  return {
    startedAt: log.startedAt,
    length,
    version: version(),
    name: SERVICE,
    phases: log.phases,
    participants: members.map(member => member.report()),
    absent,
    programs: programs.map(({ name }) => name),
    requests: log.requests,
    happenings: log.happenings,
    shortened: SHORTENED,
    authority: provider.authority.software,
    peers: peers.count,
    ownSpace,
    ...defined({ standbyServed: standbyServed() }),
  }
}
