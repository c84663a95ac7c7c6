import { SignpostError } from '@signpost/dns'

/** The drill could not be held, so it says nothing about names. */
export class DrillError extends SignpostError {
  readonly code = 'DRILL_NOT_HELD'
}

/** The drill was held, and requests were lost that should not have been, or its outage was none. */
export class DrillFailedError extends SignpostError {
  readonly code = 'DRILL_FAILED'
}
