import { apexOf } from '@signpost/core'
import type { Held } from '../collecting/judgement.ts'
import type { Round } from '../collecting/keep-current.ts'
import type { Run } from '../run.ts'
import type { Mirroring } from './mirroring.ts'
import { plainName, printHeld } from './report.ts'
import type { Source } from './source.ts'

/** Things that stay published which one line of the log names. */
const HELD_SHOWN = 5

/** Flags that a command which runs once has no use for. */
const OF_WATCHING = / --(?:watch|(?:every|patience)[ =]\S+)(?= |$)/g

/** Says in the log what came of each round. */
export function createTeller(
  { logger, commandLine }: Run<unknown>,
  { domain, zoneId, source }: Mirroring & { readonly source: Source },
  patience: number,
): (round: Round) => void {
  const name = plainName(domain)
  const confirm = `${commandLine.replaceAll(OF_WATCHING, '')} --force`
  let wasHeld = false
  const tellHeld = (held: readonly Held[]): void => {
    const shown = held.slice(0, HELD_SHOWN).map(one => printHeld(one, apexOf(zoneId), patience))
    const fields = { count: held.length, held: shown.join('; ') }
    if (held.some(({ doubt }) => doubt !== undefined))
      logger.warn(`${name} has lost what stays published until that is believed`, { ...fields, confirm })
    else if (held.length > 0)
      logger.warn(`${name} was not read whole; what is missing stays published`, fields)
    else if (wasHeld) logger.info(`${name} is published as it is again`)
    wasHeld = held.length > 0
  }
  return round => {
    if ('held' in round) tellHeld(round.held)
    switch (round.kind) {
      case 'failed':
        return logger.warn(`${name} cannot be read; what was published last stands`, {
          source: source.name,
          reason: round.reason,
        })
      case 'nothing':
        return logger.warn(`${name} has nothing that could be published`, { source: source.name })
      case 'published':
        return logger.info(`${name} has changed and is published`, { sequence: round.sequence })
      case 'current':
        return logger.debug(`${name} is as it was published`, { sequence: round.sequence })
      case 'unpublished':
        return logger.error(`${name} has changed and could not be published`, {
          problem: round.error instanceof Error ? round.error.message : String(round.error),
        })
      case 'retired':
        return undefined
    }
  }
}
