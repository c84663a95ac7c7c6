import { RrType } from '../rr-type.ts'
import { type RdataCodec, rdataOfFields } from './codec.ts'
import { compressedName, u16 } from './fields.ts'
import type { Cname, Mx, Ns, Ptr } from './rdata.ts'

const ns: RdataCodec<Ns> = rdataOfFields<Ns>('NS', RrType.NS, { nameServer: compressedName })
const cname: RdataCodec<Cname> = rdataOfFields<Cname>('CNAME', RrType.CNAME, { target: compressedName })
const ptr: RdataCodec<Ptr> = rdataOfFields<Ptr>('PTR', RrType.PTR, { target: compressedName })
const mx: RdataCodec<Mx> = rdataOfFields<Mx>('MX', RrType.MX, { preference: u16, exchange: compressedName })

/** Every type with typed rdata. A new one is a line here and an interface in rdata.ts. */
export const codecs: readonly RdataCodec[] = [ns, cname, ptr, mx] as unknown as readonly RdataCodec[]
