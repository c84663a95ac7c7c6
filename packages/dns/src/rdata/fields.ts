import { InvalidRdataError, SignpostError } from '../errors.ts'
import { type Name, parseName } from '../name.ts'
import { parseDuration } from '../zone-file/duration.ts'
import { type Token, type TokenCursor, quote } from '../zone-file/token.ts'
import type { RdataField } from './codec.ts'

function unsigned(bits: 8 | 16 | 32): RdataField<number> {
  const max = 2 ** bits - 1
  return {
    decode: reader => (bits === 8 ? reader.u8() : bits === 16 ? reader.u16() : reader.u32()),
    encode: (writer, value) =>
      bits === 8 ? writer.u8(value) : bits === 16 ? writer.u16(value) : writer.u32(value),
    parse: tokens => {
      const token = tokens.next(`a number from 0 to ${max}`)
      if (token.quoted || !/^\d{1,10}$/.test(token.text) || Number(token.text) > max)
        throw tokens.error(`${quote(token.text)} is not a number from 0 to ${max}`, token)
      return Number(token.text)
    },
    print: value => String(value),
  }
}

export const u8: RdataField<number> = unsigned(8)
export const u16: RdataField<number> = unsigned(16)
export const u32: RdataField<number> = unsigned(32)

/** Seconds in 32 bits; units such as 1h30m are read, plain seconds are written. */
export const seconds: RdataField<number> = {
  ...u32,
  parse: tokens => {
    const token = tokens.next('a time in seconds')
    const value = token.quoted ? undefined : parseDuration(token.text)
    if (value === undefined || value > 0xffffffff)
      throw tokens.error(`${quote(token.text)} is not a time such as 3600 or 1h30m`, token)
    return value
  },
}

// Each octet as \DDD, and a dot a label: no longer text can be a name of 255 octets.
const LONGEST_NAME_TEXT = 4 * 255

/** Reads a name from a token that stands for one. @throws ZoneFileError at the token */
export function nameOfToken(token: Token, tokens: TokenCursor): Name {
  const { text } = token
  if (token.quoted) throw tokens.error(`the name ${quote(text)} stands in quotes; take them off`, token)
  if (text.length > LONGEST_NAME_TEXT) throw tokens.error(`${quote(text)} is too long for a name`, token)
  if (tokens.origin === undefined && !isAbsolute(text))
    throw tokens.error(
      `${quote(text)} is relative and there is no origin; end it with a dot, or put $ORIGIN before it`,
      token,
    )
  if (text === '@' && tokens.origin !== undefined) return tokens.origin
  try {
    return parseName(text, tokens.origin)
  } catch (error) {
    if (error instanceof SignpostError) throw tokens.error(error.message, token, { cause: error })
    throw error
  }
}

function isAbsolute(text: string): boolean {
  if (!text.endsWith('.')) return false
  let backslashes = 0
  while (text[text.length - 2 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 0
}

function domainName(compress: boolean): RdataField<Name> {
  return {
    decode: reader => reader.name(),
    encode: (writer, value) => writer.name(value, compress),
    parse: tokens => nameOfToken(tokens.next('a name'), tokens),
    print: (value, printName) => printName(value),
  }
}

/** A name in the rdata of a type of RFC 1035, where compression is allowed (RFC 3597, section 4). */
export const compressedName: RdataField<Name> = domainName(true)
/** A name in the rdata of any later type: written in full, read compressed too (RFC 3597, section 4). */
export const plainName: RdataField<Name> = domainName(false)

/** Octets of a fixed length, such as an address. */
export function fixedOctets(
  length: number,
  text: { parse(text: string): Uint8Array | undefined; print(value: Uint8Array): string; what: string },
): RdataField<Uint8Array> {
  return {
    decode: reader => reader.octets(length),
    encode: (writer, value) => {
      if (value.length !== length)
        throw new InvalidRdataError(`${text.what} has ${value.length} octets instead of ${length}`)
      writer.octets(value)
    },
    parse: tokens => {
      const token = tokens.next(text.what)
      const value = token.quoted ? undefined : text.parse(token.text)
      if (value === undefined) throw tokens.error(`${quote(token.text)} is not ${text.what}`, token)
      return value
    },
    print: value => text.print(value),
  }
}
