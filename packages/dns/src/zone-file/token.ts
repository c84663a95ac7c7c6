import { SignpostError } from '../errors.ts'
import type { Name } from '../name.ts'

/** A place in a zone file. */
export interface ZoneFilePosition {
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number
  /** The included file, as $INCLUDE names it; absent in the zone file itself. */
  readonly file?: string | undefined
}

/** A word of a zone file as it stands there: escapes not yet resolved, the quotes of a quoted string taken off. */
export interface Token {
  readonly text: string
  readonly quoted: boolean
  /** Where the word, or its opening quote, stands. */
  readonly line: number
  readonly column: number
}

/** Where and why a zone file cannot be read. */
export class ZoneFileError extends SignpostError {
  readonly code = 'INVALID_ZONE'
  readonly line: number
  readonly column: number
  /** The included file that the place is in; undefined in the zone file itself. */
  readonly file: string | undefined

  constructor(message: string, at: ZoneFilePosition, options?: ErrorOptions) {
    const file = at.file === undefined ? '' : `${at.file}, `
    super(`${file}line ${at.line}, column ${at.column}: ${message}`, options)
    this.line = at.line
    this.column = at.column
    this.file = at.file
  }
}

// Long enough to recognize a word by, short enough for a line of a terminal.
const LONGEST_QUOTE = 60

/** A word of the file for use in a message: in quotes, cut where it is long, nothing that a terminal would obey. */
export function quote(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
  const printable = cut.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    char => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  )
  return `"${printable}"`
}

/** True where nothing stands between two words: `alpn=` and the quoted string behind it. */
export function isJoined(left: Token, right: Token): boolean {
  return left.line === right.line && left.column + left.text.length + (left.quoted ? 2 : 0) === right.column
}

/** The tokens of one entry, read from left to right. */
export class TokenCursor {
  /** What relative names in the entry are relative to; undefined where nothing says so. */
  readonly origin: Name | undefined
  private readonly tokens: readonly Token[]
  private readonly endOfEntry: ZoneFilePosition
  private at = 0

  constructor(tokens: readonly Token[], origin: Name | undefined, endOfEntry: ZoneFilePosition) {
    this.tokens = tokens
    this.origin = origin
    this.endOfEntry = endOfEntry
  }

  get done(): boolean {
    return this.at >= this.tokens.length
  }

  /** Characters in all tokens of the entry, and one for each token. */
  get textLength(): number {
    return this.tokens.reduce((length, token) => length + token.text.length + 1, 0)
  }

  peek(): Token | undefined {
    return this.tokens[this.at]
  }

  /** @param what names the missing thing in the error: "the preference". */
  next(what: string): Token {
    const token = this.tokens[this.at]
    if (token === undefined)
      throw new ZoneFileError(`${what} is missing; the line ends before it`, this.endOfEntry)
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
    const { file } = this.endOfEntry
    return new ZoneFileError(message, token === undefined ? this.endOfEntry : { ...token, file }, options)
  }
}
