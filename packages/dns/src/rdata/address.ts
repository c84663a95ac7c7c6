import { RrType } from '../rr-type.ts'
import { type RdataCodec, rdataOfFields } from './codec.ts'
import { fixedOctets } from './fields.ts'
import { parseIpv4, parseIpv6, printIpv4, printIpv6 } from './ip-text.ts'
import type { A, Aaaa } from './rdata.ts'

export const a: RdataCodec<A> = rdataOfFields<A>('A', RrType.A, {
  address: fixedOctets(4, {
    parse: parseIpv4,
    print: printIpv4,
    what: 'an IPv4 address such as 192.0.2.1',
  }),
})

export const aaaa: RdataCodec<Aaaa> = rdataOfFields<Aaaa>('AAAA', RrType.AAAA, {
  address: fixedOctets(16, {
    parse: parseIpv6,
    print: printIpv6,
    what: 'an IPv6 address such as 2001:db8::1',
  }),
})
