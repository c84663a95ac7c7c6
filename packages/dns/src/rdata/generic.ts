import { type TokenCursor, quote } from '../zone-file/token.ts'
import { parseHex, printHex } from './hex.ts'

/** The word that RFC 3597, section 5, puts before rdata written as octets. */
const GENERIC = String.raw`\#`

/** True where the rest of the entry is `\# LENGTH HEX`. */
export function isGeneric(tokens: TokenCursor): boolean {
  const token = tokens.peek()
  return token !== undefined && !token.quoted && token.text === GENERIC
}

/** Octets of the rest of the entry, white space anywhere between the digits. @throws ZoneFileError */
export function parseGeneric(tokens: TokenCursor): Uint8Array {
  const start = tokens.next(String.raw`the rdata as \# LENGTH HEX (RFC 3597)`)
  if (start.quoted || start.text !== GENERIC)
    throw tokens.error(
      String.raw`${quote(start.text)} cannot be read: the type has no text form here; write \# LENGTH HEX (RFC 3597)`,
      start,
    )
  const length = tokens.next('the length in octets')
  if (length.quoted || !/^\d{1,5}$/.test(length.text) || Number(length.text) > 0xffff)
    throw tokens.error(`${quote(length.text)} is not a length from 0 to 65535`, length)
  const words = tokens.rest()
  const bad = words.find(word => word.quoted || !/^[0-9a-f]+$/i.test(word.text))
  if (bad !== undefined) throw tokens.error(`${quote(bad.text)} is not hexadecimal digits`, bad)
  const octets = parseHex(words.map(word => word.text).join(''))
  if (octets?.length !== Number(length.text))
    throw tokens.error(
      octets === undefined
        ? 'the digits after the length are odd in number; an octet has two'
        : `the length is ${Number(length.text)} and ${octets.length} octets follow; make them agree`,
      length,
    )
  return octets
}

export function printGeneric(octets: Uint8Array): string {
  const head = `${GENERIC} ${octets.length}`
  return octets.length === 0 ? head : `${head} ${printHex(octets)}`
}
