import type { KeyObject } from 'node:crypto'
import type { ZoneClient } from '@signpost/node'
import { type Round, keepCurrent } from '../collecting/keep-current.ts'
import { LOOK_PACE, LOSS_PATIENCE } from '../collecting/limits.ts'
import { serveDaemon } from '../daemon/daemon.ts'
import { defined } from '../defined.ts'
import { accessNode, findDaemon, nodeOptions, startPatiently, warnOfUnusedFlags } from '../node-access.ts'
import { commonRequest } from '../publication.ts'
import type { Run } from '../run.ts'
import { MirrorRetiredError } from './errors.ts'
import { type MirrorLook, type Mirroring, decisiveFailures, lookOf } from './mirroring.ts'
import type { MirrorFlags } from './request.ts'
import type { Records, Source } from './source.ts'
import { standingOf } from './standing.ts'
import { createTeller } from './tell.ts'
import { isOlderSerial } from './transfer.ts'

export interface Watch extends Mirroring {
  readonly source: Source
  readonly key: KeyObject
  /** Hears of every reading, before anything is published of it. */
  readonly onReading: (reading: Records, look: MirrorLook) => Promise<void>
  /** Hears once of the first round that is over. */
  readonly onReady: (reading: Records | undefined) => Promise<void>
}

/** Keeps the mirror current until the user stops it. @throws MirrorRetiredError where its owner retires the zone. */
export async function watchMirror(run: Run<MirrorFlags>, watch: Watch): Promise<void> {
  const { flags, stop, logger } = run
  const { patience = LOSS_PATIENCE.default, every = LOOK_PACE.default } = flags
  const { VALID_FOR, publish } = await import('@signpost/node')
  await using nodes = await nodesFor(run)
  let lastReading: Records | undefined
  let serial: number | undefined
  let seenSerial: number | undefined
  const tell = createTeller(run, watch, patience)
  let isFirst = true
  const { base: givenBase, ...others } = flags
  let base = givenBase
  let ended: Round | undefined
  let ready = Promise.resolve()
  await keepCurrent(
    {
      standing: async () => nodes.use(async client => standingOf(client, watch.zoneId, stop)),
      async look(standing) {
        const reading = await watch.source.read(stop)
        if (reading.kind === 'failed') return reading
        const failures = standing === undefined ? decisiveFailures(reading) : []
        if (failures.length > 0)
          return { kind: 'failed', reason: failures.map(failure => failure.reason).join('; ') }
        seenSerial = reading.serial
        const isOlder = serial !== undefined && seenSerial !== undefined && isOlderSerial(seenSerial, serial)
        const look = lookOf(watch, reading, standing, isOlder)
        await watch.onReading(reading, look)
        lastReading = reading
        return { kind: 'look', ...look.look }
      },
      publish: async (content, { isGreatLoss }) =>
        nodes.use(async client => {
          const request = await commonRequest(
            { ...others, force: isGreatLoss, ...defined({ base }) },
            watch.key,
          )
          const published = await publish(
            client,
            { ...request, content },
            {
              signal: stop,
              ...defined({ minAcks: flags.minAcks }),
            },
          )
          // What the user said of the version that stood is over with it.
          base = undefined
          return published.sequence
        }),
      onRound(round) {
        const held = 'held' in round ? round.held : []
        if (round.kind !== 'failed' && !held.some(({ why }) => why === 'older')) serial = seenSerial
        tell(round)
        if (round.kind === 'retired') ended = round
        else if (isFirst) ready = watch.onReady(lastReading)
        isFirst = false
      },
    },
    {
      pace: every,
      patience,
      validFor: flags.validFor ?? VALID_FOR.default,
      confirmed: flags.force === true,
      signal: stop,
    },
  )
  await ready
  if (ended !== undefined) throw new MirrorRetiredError()
  logger.info('stopping')
}

/** The nodes that a watch uses, one after the other. */
interface Nodes extends AsyncDisposable {
  use<T>(work: (client: ZoneClient) => Promise<T>): Promise<T>
}

/** The daemon's node where one runs; else one of its own, which other commands use meanwhile. */
async function nodesFor(run: Run<MirrorFlags>): Promise<Nodes> {
  if ((await findDaemon(run)) !== undefined) {
    warnOfUnusedFlags(run)
    return {
      // The daemon may be another one by then, or gone.
      async use(work) {
        await using node = await accessNode(run)
        return await work(node.client)
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
  const node = await startPatiently({ ...nodeOptions(run), mode: 'client' }, run.stop)
  const server = await serveDaemon(run, node).catch(async (error: unknown) => {
    await node.stop()
    throw error
  })
  return {
    use: async work => work(node),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await node.stop()
    },
  }
}
