import type { Logger } from '@signpost/node'
import { RateMeters } from '../../abuse/rate-meters.ts'
import { describeTrouble } from '../trouble.ts'
import type { GuardEvent } from './event.ts'

export interface AlarmParts {
  readonly logger: Logger | undefined
  /** Hears of every event. */
  readonly onEvent: ((event: GuardEvent) => void) | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** Lines a second in the long run: where a whole network is away, all guarded names are in doubt at once. */
const LINES = 1

/** Says what the guard does, to the log and to whoever wants to hear it. Only guarded names are ever named. */
export class Alarms {
  private readonly parts: AlarmParts
  private readonly lines = new RateMeters(LINES, 2)

  constructor(parts: AlarmParts) {
    this.parts = parts
  }

  tell(event: GuardEvent): void {
    const { logger, onEvent, now } = this.parts
    const over = logger === undefined ? 0 : this.lines.take('all', now())
    if (over === 0) this.log(event)
    else if (over === 1)
      logger?.warn(
        'more guarded names are in doubt or out of it than there are lines here for; signpost status has them',
      )
    onEvent?.(event)
  }

  private log({ kind, name, type, trouble, since, by }: GuardEvent): void {
    const { logger } = this.parts
    const fields = { name, type, problem: describeTrouble(trouble, since) }
    switch (kind) {
      case 'doubt-began':
        return logger?.warn('a guarded name is in doubt, and its last good answer is given out', fields)
      case 'doubt-ended':
        return logger?.info('a guarded name has a good answer again', fields)
      case 'accepted':
        return logger?.warn('a change of a guarded name is believed now', { ...fields, by })
    }
  }
}
