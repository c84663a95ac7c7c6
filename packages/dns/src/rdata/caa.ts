import { InvalidRdataError } from '../errors.ts'
import { RrType } from '../rr-type.ts'
import { quote } from '../zone-file/token.ts'
import { type RdataCodec, type RdataField, rdataOfFields } from './codec.ts'
import { u8 } from './fields.ts'
import type { Caa } from './rdata.ts'
import { octetsOfToken, printQuoted } from './strings.ts'

// RFC 8659, section 4.1: ASCII letters and digits, at least one; the length octet bounds it.
const TAG = /^[0-9a-z]{1,255}$/i

const tag: RdataField<string> = {
  decode: reader => {
    const text = String.fromCharCode(...reader.octets(reader.u8()))
    if (!TAG.test(text)) throw reader.malformed('the tag of a CAA record is not letters and digits')
    return text
  },
  encode: (writer, value) => {
    if (!TAG.test(value))
      throw new InvalidRdataError(`${quote(value)} is no CAA tag: letters and digits only`)
    writer.u8(value.length)
    for (let at = 0; at < value.length; at++) writer.u8(value.charCodeAt(at))
  },
  parse: tokens => {
    const token = tokens.next('the tag')
    if (token.quoted || !TAG.test(token.text))
      throw tokens.error(`${quote(token.text)} is no CAA tag; write letters and digits, such as issue`, token)
    return token.text
  },
  print: value => value,
}

/** Not a character string: no length octet and no limit of 255. */
const value: RdataField<Uint8Array> = {
  decode: reader => reader.rest(),
  encode: (writer, octets) => writer.octets(octets),
  parse: tokens => octetsOfToken(tokens.next('the value'), tokens),
  print: printQuoted,
}

export const caa: RdataCodec<Caa> = rdataOfFields<Caa>('CAA', RrType.CAA, { flags: u8, tag, value })
