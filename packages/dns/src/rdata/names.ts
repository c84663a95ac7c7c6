import { RrType } from '../rr-type.ts'
import { type RdataCodec, rdataOfFields } from './codec.ts'
import { compressedName, plainName, seconds, u16, u32 } from './fields.ts'
import type { Afsdb, Cname, Dname, Mx, Naptr, Ns, Ptr, Rp, Soa, Srv } from './rdata.ts'
import { characterString } from './strings.ts'

export const ns: RdataCodec<Ns> = rdataOfFields<Ns>('NS', RrType.NS, { nameServer: compressedName })
export const cname: RdataCodec<Cname> = rdataOfFields<Cname>('CNAME', RrType.CNAME, {
  target: compressedName,
})
export const dname: RdataCodec<Dname> = rdataOfFields<Dname>('DNAME', RrType.DNAME, { target: plainName })
export const ptr: RdataCodec<Ptr> = rdataOfFields<Ptr>('PTR', RrType.PTR, { target: compressedName })
export const mx: RdataCodec<Mx> = rdataOfFields<Mx>('MX', RrType.MX, {
  preference: u16,
  exchange: compressedName,
})

export const soa: RdataCodec<Soa> = rdataOfFields<Soa>('SOA', RrType.SOA, {
  primary: compressedName,
  mailbox: compressedName,
  serial: u32,
  refresh: seconds,
  retry: seconds,
  expire: seconds,
  minimum: seconds,
})

export const srv: RdataCodec<Srv> = rdataOfFields<Srv>('SRV', RrType.SRV, {
  priority: u16,
  weight: u16,
  port: u16,
  target: plainName,
})

export const naptr: RdataCodec<Naptr> = rdataOfFields<Naptr>('NAPTR', RrType.NAPTR, {
  order: u16,
  preference: u16,
  flags: characterString,
  services: characterString,
  regexp: characterString,
  replacement: plainName,
})

export const rp: RdataCodec<Rp> = rdataOfFields<Rp>('RP', RrType.RP, { mailbox: plainName, about: plainName })
export const afsdb: RdataCodec<Afsdb> = rdataOfFields<Afsdb>('AFSDB', RrType.AFSDB, {
  subtype: u16,
  host: plainName,
})
