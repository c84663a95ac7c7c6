import type { Name } from './name.ts'
import { type RdataReader, encodeRdata } from './rdata/registry.ts'
import type { Rdata } from './rdata/rdata.ts'
import type { WireReader } from './wire.ts'
import { WireWriter } from './wire.ts'

/** A resource record (RFC 1035, section 3.2.1). */
export interface ResourceRecord {
  /** Owner name. */
  readonly name: Name
  readonly type: number
  readonly class: number
  /** Seconds, 0 to 2^31 - 1 (RFC 2181, section 8). */
  readonly ttl: number
  readonly rdata: Rdata
}

/** RFC 2181, section 8. */
export const MAX_TTL = 0x7fffffff

/** @throws MalformedMessageError */
export function decodeRecord(reader: WireReader, read: RdataReader): ResourceRecord {
  const name = reader.name()
  const type = reader.u16()
  const rrClass = reader.u16()
  const ttl = reader.u32()
  return {
    name,
    type,
    class: rrClass,
    ttl: ttl > MAX_TTL ? 0 : ttl,
    rdata: decodeRdataOf(type, reader, read),
  }
}

function decodeRdataOf(type: number, reader: WireReader, read: RdataReader): Rdata {
  const length = reader.u16()
  const outerEnd = reader.end
  if (length > reader.remaining) throw reader.malformed('the rdata is longer than the message')
  reader.end = reader.offset + length
  const rdata = read(type, reader)
  reader.end = outerEnd
  return rdata
}

export function encodeRecord(record: ResourceRecord, writer: WireWriter): void {
  writer.name(record.name)
  writer.u16(record.type)
  writer.u16(record.class)
  writer.u32(record.ttl)
  writer.lengthPrefixed(w => encodeRdata(record.type, record.rdata, w))
}

/** The rdata's octets with no name compressed; letters keep their case. */
export function rdataOctets(type: number, rdata: Rdata): Uint8Array {
  const writer = new WireWriter({ compress: false })
  encodeRdata(type, rdata, writer)
  return writer.finish()
}

/** All records of one name, class and type (RFC 2181, section 5): one TTL, no rdata twice, at least one. */
export interface RrSet {
  readonly name: Name
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly rdatas: readonly Rdata[]
}

export function recordsOf(set: RrSet): ResourceRecord[] {
  return set.rdatas.map(rdata => ({ name: set.name, type: set.type, class: set.class, ttl: set.ttl, rdata }))
}
