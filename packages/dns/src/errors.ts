/**
 * Root of every error that a Signpost package throws on purpose. Switch on `code`, not on `instanceof`:
 * two copies of a package in one program have two classes but one set of codes.
 */
export abstract class SignpostError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** Text or octets that are no domain name: an empty or overlong label, more than 255 octets, a bad escape. */
export class InvalidNameError extends SignpostError {
  readonly code = 'INVALID_NAME'
  /** The text as it was given. */
  readonly text: string

  constructor(message: string, text: string, options?: ErrorOptions) {
    super(message, options)
    this.text = text
  }
}

/** A value that does not fit its field in the rdata of a type. */
export class InvalidRdataError extends SignpostError {
  readonly code = 'INVALID_RDATA'
}

/** Octets that are no DNS message, with the offset at which decoding stopped. */
export class MalformedMessageError extends SignpostError {
  readonly code = 'MALFORMED_MESSAGE'
  /** Offset in octets from the start of the message. */
  readonly offset: number

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} (at octet ${offset})`, options)
    this.offset = offset
  }
}
