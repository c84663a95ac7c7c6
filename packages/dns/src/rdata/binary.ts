import { InvalidRdataError } from '../errors.ts'
import { RrType } from '../rr-type.ts'
import { type TokenCursor, quote } from '../zone-file/token.ts'
import { parseBase64, printBase64 } from './base64.ts'
import { type RdataCodec, type RdataField, rdataOfFields } from './codec.ts'
import { u8, u16 } from './fields.ts'
import { parseHex, printHex } from './hex.ts'
import type { Cdnskey, Cds, Dnskey, Ds, OpenPgpKey, Smimea, Sshfp, Tlsa } from './rdata.ts'

interface BinaryText {
  readonly name: string
  /** What a word of it looks like. */
  readonly word: RegExp
  parse(text: string): Uint8Array | undefined
  print(octets: Uint8Array): string
}

const hex: BinaryText = {
  name: 'hexadecimal digits, two an octet',
  word: /^[0-9a-f]+$/i,
  parse: parseHex,
  print: printHex,
}
const base64: BinaryText = {
  name: 'base 64',
  word: /^[0-9a-z+/]*=*$/i,
  parse: parseBase64,
  print: printBase64,
}

/** The words up to the end of the entry, which white space may split anywhere, as one binary value. */
function parseBinary(tokens: TokenCursor, text: BinaryText, what: string): Uint8Array {
  const first = tokens.next(what)
  const words = [first, ...tokens.rest()]
  const octets = words.some(word => word.quoted)
    ? undefined
    : text.parse(words.map(word => word.text).join(''))
  if (octets === undefined) {
    const bad = words.find(word => word.quoted || !text.word.test(word.text)) ?? first
    throw tokens.error(`${what} from ${quote(bad.text)} on is not ${text.name}`, bad)
  }
  return octets
}

/** Octets up to the end of the rdata, at least one. */
function binary(text: BinaryText, what: string): RdataField<Uint8Array> {
  return {
    decode: reader => {
      if (reader.remaining === 0) throw reader.malformed(`${what} is empty`)
      return reader.rest()
    },
    encode: (writer, value) => {
      if (value.length === 0) throw new InvalidRdataError(`${what} is empty`)
      writer.octets(value)
    },
    parse: tokens => parseBinary(tokens, text, what),
    print: value => text.print(value),
  }
}

/** Mnemonics that RFC 4034, section 5.3, lets stand for the number (IANA "DNS Security Algorithm Numbers"). */
const ALGORITHMS: Readonly<Record<string, number>> = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
}

const algorithm: RdataField<number> = {
  ...u8,
  parse: tokens => {
    const value = ALGORITHMS[tokens.peek()?.text.toUpperCase() ?? '']
    if (value === undefined) return u8.parse(tokens)
    tokens.next('an algorithm')
    return value
  },
}

const delegationSigner = { keyTag: u16, algorithm, digestType: u8, digest: binary(hex, 'the digest') }

export const ds: RdataCodec<Ds> = rdataOfFields<Ds>('DS', RrType.DS, delegationSigner)
export const cds: RdataCodec<Cds> = rdataOfFields<Cds>('CDS', RrType.CDS, delegationSigner)

const zoneSigningKey = { flags: u16, protocol: u8, algorithm, publicKey: binary(base64, 'the key') }

export const dnskey: RdataCodec<Dnskey> = rdataOfFields<Dnskey>('DNSKEY', RrType.DNSKEY, zoneSigningKey)
export const cdnskey: RdataCodec<Cdnskey> = rdataOfFields<Cdnskey>('CDNSKEY', RrType.CDNSKEY, zoneSigningKey)

const certificateAssociation = {
  usage: u8,
  selector: u8,
  matchingType: u8,
  data: binary(hex, 'the certificate association data'),
}

export const tlsa: RdataCodec<Tlsa> = rdataOfFields<Tlsa>('TLSA', RrType.TLSA, certificateAssociation)
export const smimea: RdataCodec<Smimea> = rdataOfFields<Smimea>(
  'SMIMEA',
  RrType.SMIMEA,
  certificateAssociation,
)

export const sshfp: RdataCodec<Sshfp> = rdataOfFields<Sshfp>('SSHFP', RrType.SSHFP, {
  algorithm: u8,
  fingerprintType: u8,
  fingerprint: binary(hex, 'the fingerprint'),
})

export const openPgpKey: RdataCodec<OpenPgpKey> = rdataOfFields<OpenPgpKey>('OPENPGPKEY', RrType.OPENPGPKEY, {
  key: binary(base64, 'the key'),
})
