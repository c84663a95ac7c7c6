import { SignpostError } from '@signpost/dns'

/** The records of a domain could not be read. Nothing was published. */
export class SourceFailedError extends SignpostError {
  readonly code = 'SOURCE_FAILED'
  /** One or more. */
  readonly reasons: readonly string[]

  constructor(source: string, reasons: readonly string[]) {
    super(`${source} could not be read, so nothing was published: ${reasons.join('; ')}`)
    this.reasons = reasons
  }
}

/** Nothing of the domain is left that could be published. */
export class NothingToMirrorError extends SignpostError {
  readonly code = 'EMPTY_ZONE'

  constructor(domain: string, source: string) {
    super(
      `${source} has no record of ${domain} that belongs into a signed zone, and an empty zone is never published; ` +
        'to end a zone on purpose: signpost unpublish',
    )
  }
}

/** The owner has retired the zone that was kept current. */
export class MirrorRetiredError extends SignpostError {
  readonly code = 'MIRROR_RETIRED'

  constructor() {
    super(
      'the zone was retired (signpost unpublish), so it is not kept current any more; --force brings it back',
    )
  }
}
