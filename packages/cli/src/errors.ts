import { SignpostError } from '@signpost/dns'

/** The command line asks for something that cannot be meant. Ends the process with exit code 2. */
export class UsageError extends SignpostError {
  readonly code = 'USAGE'
}

/** A file that was named on the command line is not there. */
export class FileNotFoundError extends SignpostError {
  readonly code = 'FILE_NOT_FOUND'
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(`there is no file ${path}`, options)
    this.path = path
  }
}

/** A file that was named on the command line cannot be read or written. */
export class FileAccessError extends SignpostError {
  readonly code = 'FILE_ACCESS'
  readonly path: string

  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options)
    this.path = path
  }
}

/** The user was asked and did not say yes. */
export class NotConfirmedError extends SignpostError {
  readonly code = 'NOT_CONFIRMED'
}

/** A signal ended a short command before it was done. */
export class InterruptedError extends SignpostError {
  readonly code = 'INTERRUPTED'

  constructor(options?: ErrorOptions) {
    super('stopped before it was done', options)
  }
}

/** A signal ended a publication that was signed and on disk already. */
export class InterruptedPublicationError extends SignpostError {
  readonly code = 'INTERRUPTED'
  readonly sequence: number

  constructor(sequence: number, next: string, options?: ErrorOptions) {
    super(
      `stopped while peers were given sequence ${sequence}, which is signed and on this disk: ${next}; ` +
        'to take it back, publish another version',
      options,
    )
    this.sequence = sequence
  }
}

/** The name, or the zone that it is in, was not found. It ends the process with exit code 3. */
export class NameNotFoundError extends SignpostError {
  readonly code = 'NAME_NOT_FOUND'
}

/** Nothing is known of a zone, since no peer was there to be asked: a failure, and no word about the name. */
export class NobodyAskedError extends SignpostError {
  readonly code = 'NO_PEERS'

  constructor(zoneId: string, options?: ErrorOptions) {
    super(
      `no peer was reached that could be asked for ${zoneId}; name one with --bootstrap, or see signpost status`,
      options,
    )
  }
}

/** Something was found under the name, and it cannot be used. */
export class NameUnusableError extends SignpostError {
  readonly code = 'NAME_UNUSABLE'
}

/** A publication that no peer heard of. It is signed and on disk. */
export class NobodyReachedError extends SignpostError {
  readonly code = 'PUBLISH_FAILED'
  readonly sequence: number

  constructor(sequence: number, next: string, options?: ErrorOptions) {
    super(
      `no peer was reached, so sequence ${sequence} is signed and on this disk alone, and whether others have a higher one ` +
        `is not known: ${next}`,
      options,
    )
    this.sequence = sequence
  }
}
