import { MalformedMessageError } from '../errors.ts'
import type { Name } from '../name.ts'
import { rdataOctets } from '../record.ts'
import { printRrType } from '../rr-type.ts'
import { WireReader } from '../wire.ts'
import { Lexer } from '../zone-file/lexer.ts'
import { TokenCursor, ZoneFileError, quote } from '../zone-file/token.ts'
import type { NamePrinter } from './codec.ts'
import { isGeneric, parseGeneric, printGeneric } from './generic.ts'
import type { Rdata } from './rdata.ts'
import { codecOf, decodeRdata } from './registry.ts'

/**
 * Reads the rdata of a record from its text, as it stands in a zone file behind the type; every type may be written
 * as `\# LENGTH HEX` too (RFC 3597, section 5). It may go over several lines inside parentheses.
 * @param origin what names without a final dot are relative to; where it is left out, they are refused.
 * @throws ZoneFileError at the line and column that is wrong.
 */
export function parseRdata(type: number, text: string, origin?: Name): Rdata {
  const lexer = new Lexer(text)
  const entry = lexer.nextEntry() ?? { tokens: [], end: { line: 1, column: text.length + 1 } }
  const rdata = parseRdataTokens(type, new TokenCursor(entry.tokens, origin, entry.end))
  const more = lexer.nextEntry()?.tokens[0]
  if (more !== undefined)
    throw new ZoneFileError(
      `${quote(more.text)} begins another line; put parentheses around what belongs together`,
      more,
    )
  return rdata
}

/** RDLENGTH has 16 bits (RFC 1035, section 3.2.1). */
const MAX_RDATA_LENGTH = 0xffff
// Shorter text never becomes that much: a character is three octets at most.
const LONG_TEXT = 10_000

/** Reads rdata from the tokens that are left of an entry, and refuses what is too many. @throws ZoneFileError */
export function parseRdataTokens(type: number, tokens: TokenCursor): Rdata {
  const codec = codecOf(type)
  if (codec === undefined || isGeneric(tokens)) return parseGenericOf(type, tokens)
  const start = tokens.peek()
  const rdata = codec.parse(tokens)
  if (tokens.textLength > LONG_TEXT && rdataOctets(type, rdata).length > MAX_RDATA_LENGTH)
    throw tokens.error(`the rdata has over ${MAX_RDATA_LENGTH} octets, which no record can hold`, start)
  if (!tokens.done)
    throw tokens.error(`${quote(tokens.peek()?.text ?? '')} is one word too many for ${printRrType(type)}`)
  return rdata
}

function parseGenericOf(type: number, tokens: TokenCursor): Rdata {
  const start = tokens.peek()
  const octets = parseGeneric(tokens)
  try {
    const rdata = decodeRdata(type, new WireReader(octets))
    // A pointer inside the rdata would make the text mean something else elsewhere (RFC 3597, section 5).
    if (rdataOctets(type, rdata).length !== octets.length)
      throw tokens.error('a name in the rdata is compressed; write it in full', start)
    return rdata
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    throw tokens.error(`the octets are no rdata of ${printRrType(type)}: ${error.message}`, start, {
      cause: error,
    })
  }
}

/**
 * The text that {@link parseRdata} reads back to the same rdata: one line. A type without a text form, and a value
 * that its type's text cannot say, is printed as `\# LENGTH HEX` (RFC 3597, section 5).
 * @param printName how to write names in it; in full where it is left out.
 */
export function printRdata(type: number, rdata: Rdata, printName: NamePrinter = String): string {
  const codec = codecOf(type)
  const text = codec?.kind === rdata.kind ? codec.print(rdata, printName) : undefined
  return text ?? printGeneric(rdataOctets(type, rdata))
}
