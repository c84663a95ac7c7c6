import { InvalidRdataError } from '../errors.ts'
import { RrType } from '../rr-type.ts'
import { quote } from '../zone-file/token.ts'
import { type RdataCodec, type RdataField, rdataOfFields } from './codec.ts'
import { u16 } from './fields.ts'
import type { Uri } from './rdata.ts'
import { octetsOfToken, printQuoted } from './strings.ts'

/** RFC 7553, section 4.4: never empty, and in quotes, since a bare `;` would begin a comment. */
const target: RdataField<Uint8Array> = {
  decode: reader => {
    if (reader.remaining === 0) throw reader.malformed('the target of a URI record is empty')
    return reader.rest()
  },
  encode: (writer, octets) => {
    if (octets.length === 0) throw new InvalidRdataError('the target of a URI record is empty')
    writer.octets(octets)
  },
  parse: tokens => {
    const token = tokens.next('the target')
    if (!token.quoted)
      throw tokens.error(`the target ${quote(token.text)} needs double quotes around it`, token)
    if (token.text === '') throw tokens.error('the target of a URI record is empty', token)
    return octetsOfToken(token, tokens)
  },
  print: printQuoted,
}

export const uri: RdataCodec<Uri> = rdataOfFields<Uri>('URI', RrType.URI, {
  priority: u16,
  weight: u16,
  target,
})
