import { InvalidRdataError, MalformedMessageError } from '../errors.ts'
import { RrType, printRrType } from '../rr-type.ts'
import type { WireReader, WireWriter } from '../wire.ts'
import type { RdataCodec } from './codec.ts'
import type { Rdata } from './rdata.ts'
import { codecs } from './types.ts'

const byType: ReadonlyMap<number, RdataCodec> = new Map(codecs.map(codec => [codec.type, codec]))

/** The codec of a type; undefined where its rdata stays uninterpreted. */
export function codecOf(type: number): RdataCodec | undefined {
  return byType.get(type)
}

/** {@link decodeRdata} or {@link readRdata}. */
export type RdataReader = (type: number, reader: WireReader) => Rdata

/** Reads rdata up to `reader.end` and refuses octets left over. @throws MalformedMessageError */
export function decodeRdata(type: number, reader: WireReader): Rdata {
  const codec = byType.get(type)
  if (codec === undefined) return { kind: 'UNKNOWN', octets: reader.rest() }
  const rdata = codec.decode(reader)
  if (reader.remaining !== 0)
    throw reader.malformed(`the rdata of type ${printRrType(type)} is longer than its fields`)
  return rdata
}

/**
 * Types that resolvers and clients follow. What nobody can read of them must not pass for rdata: it would be an alias that
 * leads nowhere, and an address that no look for addresses finds.
 */
const FOLLOWED: ReadonlySet<number> = new Set([
  RrType.A,
  RrType.AAAA,
  RrType.NS,
  RrType.CNAME,
  RrType.DNAME,
  RrType.SOA,
])

/**
 * The same, but rdata that breaks the rules of its type is kept as octets, as that of an unknown type is (RFC 3597): what
 * an owner wrote is for those who asked for it to judge. Not where a name in it is compressed, since a pointer means
 * something in its own message only, nor of a type that is followed.
 * @throws MalformedMessageError
 */
export function readRdata(type: number, reader: WireReader): Rdata {
  const { offset, pointers } = reader
  try {
    return decodeRdata(type, reader)
  } catch (error) {
    if (!(error instanceof MalformedMessageError) || FOLLOWED.has(type) || reader.pointers !== pointers)
      throw error
    reader.offset = offset
    return { kind: 'UNKNOWN', octets: reader.rest() }
  }
}

/** @throws InvalidRdataError where the rdata is of another type, or a value does not fit its field. */
export function encodeRdata(type: number, rdata: Rdata, writer: WireWriter): void {
  if (rdata.kind === 'UNKNOWN') return writer.octets(rdata.octets)
  const codec = byType.get(type)
  if (codec?.kind !== rdata.kind)
    throw new InvalidRdataError(`a record of type ${printRrType(type)} has rdata of ${rdata.kind}`)
  codec.encode(writer, rdata)
}
