import { InvalidRdataError, SignpostError } from '../errors.ts'
import { readEscape } from '../name.ts'
import { RrType } from '../rr-type.ts'
import { type Token, type TokenCursor, quote } from '../zone-file/token.ts'
import { type RdataCodec, type RdataField, rdataOfFields } from './codec.ts'
import type { Hinfo, Txt } from './rdata.ts'

/** RFC 1035, section 3.3: octets in one character string. */
const MAX_STRING_LENGTH = 255

/** The octets that a word stands for: escapes resolved, every other character in UTF-8. @throws ZoneFileError */
export function octetsOfToken(token: Token, tokens: TokenCursor): Uint8Array {
  const { text } = token
  const octets: number[] = []
  let at = 0
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0
    if (code === 0x5c) {
      const [value, length] = escapeOf(token, at, tokens)
      octets.push(value)
      at += length
    } else {
      if (code >= 0xd800 && code <= 0xdfff)
        throw tokens.error(`${quote(text)} has half a character; write octets as \\DDD`, token)
      pushUtf8(octets, code)
      at += code > 0xffff ? 2 : 1
    }
  }
  return Uint8Array.from(octets)
}

function escapeOf(token: Token, at: number, tokens: TokenCursor): [value: number, length: number] {
  try {
    // Four characters are the longest escape; a message need not quote more of the word.
    return readEscape(token.text.slice(at, at + 4), 0)
  } catch (error) {
    if (error instanceof SignpostError) throw tokens.error(error.message, token, { cause: error })
    throw error
  }
}

function pushUtf8(octets: number[], code: number): void {
  if (code < 0x80) octets.push(code)
  else if (code < 0x800) octets.push(0xc0 | (code >>> 6), 0x80 | (code & 0x3f))
  else if (code < 0x10000)
    octets.push(0xe0 | (code >>> 12), 0x80 | ((code >>> 6) & 0x3f), 0x80 | (code & 0x3f))
  else
    octets.push(
      0xf0 | (code >>> 18),
      0x80 | ((code >>> 12) & 0x3f),
      0x80 | ((code >>> 6) & 0x3f),
      0x80 | (code & 0x3f),
    )
}

/** A quoted string; what is not printable ASCII becomes `\DDD`, so that any terminal and any server reads it. */
export function printQuoted(octets: Uint8Array): string {
  let text = ''
  for (const value of octets) {
    if (value < 0x20 || value > 0x7e) text += `\\${String(value).padStart(3, '0')}`
    else if (value === 0x22 || value === 0x5c) text += `\\${String.fromCharCode(value)}`
    else text += String.fromCharCode(value)
  }
  return `"${text}"`
}

/** RFC 1035, section 3.3: up to 255 octets behind their length. */
export const characterString: RdataField<Uint8Array> = {
  decode: reader => reader.octets(reader.u8()),
  encode: (writer, value) => {
    if (value.length > MAX_STRING_LENGTH)
      throw new InvalidRdataError(
        `a character string has ${value.length} octets; ${MAX_STRING_LENGTH} is the most`,
      )
    writer.u8(value.length)
    writer.octets(value)
  },
  parse: tokens => {
    const token = tokens.next('a character string')
    const octets = octetsOfToken(token, tokens)
    if (octets.length > MAX_STRING_LENGTH)
      throw tokens.error(
        `${quote(token.text)} has ${octets.length} octets and a character string at most ${MAX_STRING_LENGTH}; ` +
          'split it into several quoted strings',
        token,
      )
    return octets
  },
  print: printQuoted,
}

const characterStrings: RdataField<readonly Uint8Array[]> = {
  decode: reader => {
    const strings = [characterString.decode(reader)]
    while (reader.remaining > 0) strings.push(characterString.decode(reader))
    return strings
  },
  encode: (writer, value) => {
    if (value.length === 0) throw new InvalidRdataError('a TXT record has at least one character string')
    for (const string of value) characterString.encode(writer, string)
  },
  parse: tokens => {
    const strings = [characterString.parse(tokens)]
    while (!tokens.done) strings.push(characterString.parse(tokens))
    return strings
  },
  print: value => value.map(printQuoted).join(' '),
}

export const txt: RdataCodec<Txt> = rdataOfFields<Txt>('TXT', RrType.TXT, { strings: characterStrings })

export const hinfo: RdataCodec<Hinfo> = rdataOfFields<Hinfo>('HINFO', RrType.HINFO, {
  cpu: characterString,
  os: characterString,
})
