import { InvalidRdataError, SignpostError } from '../errors.ts'
import { type Name, parseName } from '../name.ts'
import type { TokenCursor } from '../zone-file/token.ts'
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
        throw tokens.error(`${JSON.stringify(token.text)} is not a number from 0 to ${max}`, token)
      return Number(token.text)
    },
    print: value => String(value),
  }
}

export const u8: RdataField<number> = unsigned(8)
export const u16: RdataField<number> = unsigned(16)
export const u32: RdataField<number> = unsigned(32)

/** Reads a name token against the entry's origin. */
export function parseNameToken(tokens: TokenCursor, what: string): Name {
  const token = tokens.next(what)
  if (token.quoted) throw tokens.error('a name is not written in quotes', token)
  if (token.text === '@') return tokens.origin
  try {
    return parseName(token.text, tokens.origin)
  } catch (error) {
    if (error instanceof SignpostError) throw tokens.error(error.message, token, { cause: error })
    throw error
  }
}

function domainName(compress: boolean): RdataField<Name> {
  return {
    decode: reader => reader.name(),
    encode: (writer, value) => writer.name(value, compress),
    parse: tokens => parseNameToken(tokens, 'a name'),
    print: value => value.toString(),
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
      if (value === undefined) throw tokens.error(`${JSON.stringify(token.text)} is not ${text.what}`, token)
      return value
    },
    print: value => text.print(value),
  }
}
