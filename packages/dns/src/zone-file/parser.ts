import type { Name } from '../name.ts'
import { nameOfToken } from '../rdata/fields.ts'
import { parseRdataTokens } from '../rdata/presentation.ts'
import { MAX_TTL, type ResourceRecord } from '../record.ts'
import { RrClass, isMetaType, parseRrClass, parseRrType } from '../rr-type.ts'
import { parseDuration } from './duration.ts'
import { type Entry, Lexer } from './lexer.ts'
import { type ZoneFilePosition, type Token, TokenCursor, ZoneFileError, quote } from './token.ts'

export interface ZoneFileOptions {
  /** What relative names are relative to until the first $ORIGIN; where it is absent, they are refused until then. */
  readonly origin?: Name | undefined
  /** Seconds, 0 to 2^31 - 1: for records before any $TTL and before any TTL of a record. */
  readonly defaultTtl?: number | undefined
  /**
   * Returns the text of an included file. `path` stands in the file as it is; `at` is the place of the directive.
   * Where this is absent, $INCLUDE is refused: a zone file from elsewhere must not read the reader's disk.
   */
  readonly include?: ((path: string, at: ZoneFilePosition) => string) | undefined
}

/** $INCLUDE within $INCLUDE: so many files deep at most. */
const MAX_INCLUDE_DEPTH = 16

/** What an entry may leave out, and where the records go. */
interface State {
  readonly records: ResourceRecord[]
  readonly options: ZoneFileOptions
  origin: Name | undefined
  /** Owner of the record before. */
  owner: Name | undefined
  /** $TTL (RFC 2308, section 4), which every record without a TTL of its own has. */
  defaultTtl: number | undefined
  /** TTL of the record before, which stands in where there is no $TTL (RFC 1035, section 5.1). */
  lastTtl: number | undefined
}

/**
 * Reads a zone file (RFC 1035, section 5; $TTL of RFC 2308; unknown types of RFC 3597) and returns its records in
 * the order in which they stand. Class IN only. What the records mean together is not checked.
 * @throws ZoneFileError at the first line and column that is wrong.
 */
export function parseZoneFile(text: string, options: ZoneFileOptions = {}): ResourceRecord[] {
  const state: State = {
    records: [],
    options,
    origin: options.origin,
    owner: undefined,
    defaultTtl: undefined,
    lastTtl: undefined,
  }
  readFile(text, [], state)
  return state.records
}

/** @param files the included files that this one is inside of, itself last; none for the zone file itself. */
function readFile(text: string, files: readonly string[], state: State): void {
  const lexer = new Lexer(text, files.at(-1))
  for (let entry = lexer.nextEntry(); entry !== undefined; entry = lexer.nextEntry()) {
    const tokens = new TokenCursor(entry.tokens, state.origin, entry.end)
    const first = tokens.peek()
    if (first?.text.startsWith('$') && !first.quoted) readDirective(entry, tokens, files, state)
    else state.records.push(readRecord(entry, tokens, state))
  }
}

function readDirective(entry: Entry, tokens: TokenCursor, files: readonly string[], state: State): void {
  const directive = tokens.next('a directive')
  if (entry.startsBlank)
    throw tokens.error(
      `${quote(directive.text)} must begin its line; take off the space before it`,
      directive,
    )
  switch (directive.text.toUpperCase()) {
    case '$ORIGIN':
      state.origin = nameOfToken(tokens.next('the origin, such as example.com.,'), tokens)
      break
    case '$TTL':
      state.defaultTtl = ttlOf(tokens.next('the TTL, such as 300 or 1h,'), tokens)
      break
    case '$INCLUDE':
      return include(directive, entry, tokens, files, state)
    case '$GENERATE':
      throw tokens.error('$GENERATE is not supported; write the records out one by one', directive)
    default:
      throw tokens.error(
        `${quote(directive.text)} is no directive; $ORIGIN, $TTL and $INCLUDE are, and a name begins with \\$`,
        directive,
      )
  }
  refuseMore(directive, tokens)
}

function refuseMore(directive: Token, tokens: TokenCursor): void {
  const more = tokens.peek()
  if (more !== undefined)
    throw tokens.error(`${quote(more.text)} is one word too many for ${directive.text.toUpperCase()}`, more)
}

function include(
  directive: Token,
  entry: Entry,
  tokens: TokenCursor,
  files: readonly string[],
  state: State,
): void {
  const path = tokens.next('the file to include')
  const origin = tokens.done ? state.origin : nameOfToken(tokens.next('the origin'), tokens)
  refuseMore(directive, tokens)
  const reader = state.options.include
  if (reader === undefined)
    throw tokens.error(
      `$INCLUDE ${quote(path.text)} is refused here; put the records of that file into this one`,
      directive,
    )
  if (files.includes(path.text))
    throw tokens.error(`${quote(path.text)} includes itself; take this $INCLUDE out`, directive)
  if (files.length >= MAX_INCLUDE_DEPTH)
    throw tokens.error(`$INCLUDE is nested over ${MAX_INCLUDE_DEPTH} files deep`, directive)
  const text = readIncluded(
    reader,
    path,
    { line: path.line, column: path.column, file: entry.end.file },
    tokens,
  )
  // RFC 1035, section 5.1: nothing in the included file changes the origin of this one. $TTL goes on, as in BIND.
  const outer = { origin: state.origin, owner: state.owner }
  state.origin = origin
  readFile(text, [...files, path.text], state)
  state.origin = outer.origin
  state.owner = outer.owner
}

function readIncluded(
  reader: NonNullable<ZoneFileOptions['include']>,
  path: Token,
  at: ZoneFilePosition,
  tokens: TokenCursor,
): string {
  try {
    return reader(path.text, at)
  } catch (error) {
    if (error instanceof ZoneFileError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw tokens.error(`${quote(path.text)} cannot be included: ${reason}`, path, { cause: error })
  }
}

function readRecord(entry: Entry, tokens: TokenCursor, state: State): ResourceRecord {
  const name = readOwner(entry, tokens, state)
  const { type, ttl: ownTtl, token } = readHead(entry, tokens)
  if (ownTtl !== undefined) state.lastTtl = ownTtl
  const ttl = ownTtl ?? state.defaultTtl ?? state.lastTtl ?? state.options.defaultTtl
  if (ttl === undefined)
    throw tokens.error(
      'the record has no TTL; put "$TTL 1h" before the first record, or a TTL into this one',
      token,
    )
  return { name, type, class: RrClass.IN, ttl, rdata: parseRdataTokens(type, tokens) }
}

function readOwner(entry: Entry, tokens: TokenCursor, state: State): Name {
  if (!entry.startsBlank) state.owner = nameOfToken(tokens.next('the owner name'), tokens)
  if (state.owner === undefined)
    throw tokens.error(
      'the first record has no owner name; begin its line with a name, or with @ for the origin',
    )
  return state.owner
}

/** What stands between owner and rdata: TTL and class, in either order and either left out, and the type. */
function readHead(
  entry: Entry,
  tokens: TokenCursor,
): { type: number; ttl: number | undefined; token: Token } {
  let ttl: number | undefined
  let classSeen = false
  for (;;) {
    const token = tokens.next('the record type')
    const { text } = token
    const rrClass = token.quoted ? undefined : parseRrClass(text)
    if (!token.quoted && parseDuration(text) !== undefined) {
      if (ttl !== undefined) throw tokens.error(`${quote(text)} is a second TTL; take one off`, token)
      ttl = ttlOf(token, tokens)
    } else if (rrClass !== undefined) {
      if (rrClass !== RrClass.IN)
        throw tokens.error(`${quote(text)} is a class that cannot be read here; only IN can`, token)
      if (classSeen) throw tokens.error(`${quote(text)} is a second class; take one off`, token)
      classSeen = true
    } else {
      return { type: typeOf(entry, token, tokens), ttl, token }
    }
  }
}

function typeOf(entry: Entry, token: Token, tokens: TokenCursor): number {
  const type = token.quoted ? undefined : parseRrType(token.text)
  if (type === undefined) {
    const hint = entry.startsBlank
      ? ', and a name must begin its line: take off the space before it'
      : '; write TYPEnnn and the rdata as \\# LENGTH HEX for one that is not known here (RFC 3597)'
    throw tokens.error(`${quote(token.text)} is no record type${hint}`, token)
  }
  if (isMetaType(type))
    throw tokens.error(
      `${quote(token.text)} is a type of questions, not of records; take the record out`,
      token,
    )
  return type
}

function ttlOf(token: Token, tokens: TokenCursor): number {
  const ttl = token.quoted ? undefined : parseDuration(token.text)
  if (ttl === undefined) throw tokens.error(`${quote(token.text)} is no TTL; write 300 or 1h30m`, token)
  if (ttl > MAX_TTL)
    throw tokens.error(`the TTL ${quote(token.text)} is over ${MAX_TTL} seconds (RFC 2181)`, token)
  return ttl
}
