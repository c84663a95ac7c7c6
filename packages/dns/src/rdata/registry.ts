import { InvalidRdataError } from '../errors.ts'
import { printRrType } from '../rr-type.ts'
import type { WireReader, WireWriter } from '../wire.ts'
import type { RdataCodec } from './codec.ts'
import type { Rdata } from './rdata.ts'
import { codecs } from './types.ts'

const byType: ReadonlyMap<number, RdataCodec> = new Map(codecs.map(codec => [codec.type, codec]))

/** The codec of a type; undefined where its rdata stays uninterpreted. */
export function codecOf(type: number): RdataCodec | undefined {
  return byType.get(type)
}

/** Reads rdata up to `reader.end` and refuses octets left over. @throws MalformedMessageError */
export function decodeRdata(type: number, reader: WireReader): Rdata {
  const codec = byType.get(type)
  if (codec === undefined) return { kind: 'UNKNOWN', octets: reader.rest() }
  const rdata = codec.decode(reader)
  if (reader.remaining !== 0)
    throw reader.malformed(`the rdata of type ${printRrType(type)} is longer than its fields`)
  return rdata
}

/** @throws InvalidRdataError where the rdata is of another type, or a value does not fit its field. */
export function encodeRdata(type: number, rdata: Rdata, writer: WireWriter): void {
  if (rdata.kind === 'UNKNOWN') return writer.octets(rdata.octets)
  const codec = byType.get(type)
  if (codec?.kind !== rdata.kind)
    throw new InvalidRdataError(`a record of type ${printRrType(type)} has rdata of ${rdata.kind}`)
  codec.encode(writer, rdata)
}
