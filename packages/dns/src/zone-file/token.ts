import { SignpostError } from '../errors.ts'
import type { Name } from '../name.ts'

/** A word of a zone file as it stands there: escapes not yet resolved, the quotes of a quoted string taken off. */
export interface Token {
  readonly text: string
  readonly quoted: boolean
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number
}

/** Where and why a zone file cannot be read. */
export class ZoneFileError extends SignpostError {
  readonly code = 'INVALID_ZONE'
  readonly line: number
  readonly column: number

  constructor(message: string, at: { readonly line: number; readonly column: number }, options?: ErrorOptions) {
    super(`line ${at.line}, column ${at.column}: ${message}`, options)
    this.line = at.line
    this.column = at.column
  }
}

/** The tokens of one entry, read from left to right. */
export class TokenCursor {
  /** What relative names in the entry are relative to. */
  readonly origin: Name
  private readonly tokens: readonly Token[]
  private readonly endOfEntry: { readonly line: number; readonly column: number }
  private at = 0

  constructor(
    tokens: readonly Token[],
    origin: Name,
    endOfEntry: { readonly line: number; readonly column: number },
  ) {
    this.tokens = tokens
    this.origin = origin
    this.endOfEntry = endOfEntry
  }

  get done(): boolean {
    return this.at >= this.tokens.length
  }

  peek(): Token | undefined {
    return this.tokens[this.at]
  }

  /** @param what names the missing thing in the error: "the preference". */
  next(what: string): Token {
    const token = this.tokens[this.at]
    if (token === undefined) throw new ZoneFileError(`${what} is missing`, this.endOfEntry)
    this.at++
    return token
  }

  rest(): Token[] {
    const rest = this.tokens.slice(this.at)
    this.at = this.tokens.length
    return rest
  }

  /** An error at a token, or at the end of the entry. */
  error(message: string, token: Token | undefined = this.peek(), options?: ErrorOptions): ZoneFileError {
    return new ZoneFileError(message, token ?? this.endOfEntry, options)
  }
}
