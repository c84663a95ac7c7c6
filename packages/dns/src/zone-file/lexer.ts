import { type ZoneFilePosition, type Token, ZoneFileError } from './token.ts'

/** A record or a directive: a line, or several inside parentheses. */
export interface Entry {
  /** At least one. */
  readonly tokens: readonly Token[]
  /** Whether the line begins with white space: the owner is then that of the record before. */
  readonly startsBlank: boolean
  /** Where the entry ends, for what is missing at its end. */
  readonly end: ZoneFilePosition
}

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const BYTE_ORDER_MARK = 0xfeff

const DELIMITERS = new Uint8Array(128)
for (const code of [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE, QUOTE, OPEN, CLOSE, SEMICOLON])
  DELIMITERS[code] = 1

/** What no text of a zone file has: it would be kept unseen, or end up on a terminal. */
const FORBIDDEN_IN_STRING = /[^\P{Cc}\t]/u
/** Outside quotes also what an editor or a web page puts in the place of a space (which may be escaped) or a quote. */
const FORBIDDEN_IN_WORD = /(?! )[\p{Cc}\p{Z}\p{Cf}\u201c\u201d\u201e]/u

/** Cuts a zone file into entries (RFC 1035, section 5.1), in one pass, whatever the text. */
export class Lexer {
  private readonly text: string
  private readonly file: string | undefined
  private at = 0
  private line = 1
  private lineStart = 0

  /** @param file names the text in errors: an included file. */
  constructor(text: string, file?: string) {
    this.text = text
    this.file = file
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this.at = this.lineStart = 1
  }

  /** The next entry that has a token; undefined at the end of the text. @throws ZoneFileError */
  nextEntry(): Entry | undefined {
    while (this.at < this.text.length) {
      const entry = this.readEntry()
      if (entry.tokens.length > 0) return entry
    }
    return undefined
  }

  private readEntry(): Entry {
    const first = this.text.charCodeAt(this.at)
    const startsBlank = first === SPACE || first === TAB
    const tokens: Token[] = []
    let depth = 0
    let opened: ZoneFilePosition | undefined
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at)
      if (code === SPACE || code === TAB) {
        this.at++
      } else if (isLineEnd(code)) {
        const end = this.position()
        this.endLine()
        if (depth === 0) return { tokens, startsBlank, end }
      } else if (code === SEMICOLON) {
        this.skipComment()
      } else if (code === OPEN) {
        if (depth++ === 0) opened = this.position()
        this.at++
      } else if (code === CLOSE) {
        if (depth-- === 0) throw this.error('")" closes nothing; take it off, or put "(" before it', this.at)
        this.at++
      } else {
        tokens.push(code === QUOTE ? this.readString() : this.readWord())
      }
    }
    if (depth > 0 && opened !== undefined)
      throw new ZoneFileError('"(" is never closed; put ")" behind what belongs together', opened)
    return { tokens, startsBlank, end: this.position() }
  }

  private readWord(): Token {
    const start = this.at
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at)
      if (DELIMITERS[code] === 1) break
      this.at += code === BACKSLASH && !this.isLineEndAt(this.at + 1) ? 2 : 1
    }
    return this.token(start, start, this.at, false)
  }

  private readString(): Token {
    const start = this.at++
    for (;;) {
      if (this.isLineEndAt(this.at))
        throw this.error(
          'a quoted string does not end on its line; put the closing " there, and write a line break as \\010',
          start,
        )
      const code = this.text.charCodeAt(this.at)
      if (code === QUOTE) break
      this.at += code === BACKSLASH && !this.isLineEndAt(this.at + 1) ? 2 : 1
    }
    return this.token(start, start + 1, this.at++, true)
  }

  private token(start: number, from: number, to: number, quoted: boolean): Token {
    const text = this.text.slice(from, to)
    const bad = (quoted ? FORBIDDEN_IN_STRING : FORBIDDEN_IN_WORD).exec(text)
    if (bad !== null) throw this.error(describeForbidden(bad[0]), from + bad.index)
    return { text, quoted, line: this.line, column: start - this.lineStart + 1 }
  }

  private skipComment(): void {
    while (!this.isLineEndAt(this.at)) this.at++
  }

  private endLine(): void {
    if (this.text.charCodeAt(this.at) === CARRIAGE_RETURN && this.text.charCodeAt(this.at + 1) === LINE_FEED)
      this.at++
    this.at++
    this.line++
    this.lineStart = this.at
  }

  /** True at the end of the text too. */
  private isLineEndAt(at: number): boolean {
    return at >= this.text.length || isLineEnd(this.text.charCodeAt(at))
  }

  private position(at = this.at): ZoneFilePosition {
    return { line: this.line, column: at - this.lineStart + 1, file: this.file }
  }

  private error(message: string, at: number): ZoneFileError {
    return new ZoneFileError(message, this.position(at))
  }
}

function isLineEnd(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN
}

function describeForbidden(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const name = `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  if (code < 0x100 && code !== 0xa0 && code !== 0xad) {
    const escape = code < 0x80 ? `; write it as \\${String(code).padStart(3, '0')}` : ''
    return `${name} is a control character and cannot stand here${escape}`
  }
  if (code >= 0x201c && code <= 0x201e) return `${name} is a typographic quote; write "`
  return `${name} cannot be seen here; put an ordinary space in its place, or take it off`
}
