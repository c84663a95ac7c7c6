import { a, aaaa } from './address.ts'
import { cdnskey, cds, dnskey, ds, openPgpKey, smimea, sshfp, tlsa } from './binary.ts'
import { caa } from './caa.ts'
import type { RdataCodec } from './codec.ts'
import { loc } from './loc.ts'
import { afsdb, cname, dname, mx, naptr, ns, ptr, rp, soa, srv } from './names.ts'
import { hinfo, txt } from './strings.ts'
import { https, svcb } from './svcb.ts'
import { uri } from './uri.ts'

/** Every type with typed rdata. A new one is a line here and an interface in rdata.ts. */
export const codecs: readonly RdataCodec[] = [
  a,
  aaaa,
  ns,
  cname,
  dname,
  ptr,
  soa,
  hinfo,
  mx,
  txt,
  rp,
  afsdb,
  srv,
  svcb,
  https,
  caa,
  tlsa,
  smimea,
  sshfp,
  naptr,
  uri,
  ds,
  cds,
  dnskey,
  cdnskey,
  openPgpKey,
  loc,
]
