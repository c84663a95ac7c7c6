import { a, aaaa } from './address.ts'
import { ds, openPgpKey, sshfp, tlsa } from './binary.ts'
import { caa } from './caa.ts'
import type { RdataCodec } from './codec.ts'
import { loc } from './loc.ts'
import { cname, dname, mx, naptr, ns, ptr, soa, srv } from './names.ts'
import { txt } from './strings.ts'
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
  mx,
  txt,
  srv,
  svcb,
  https,
  caa,
  tlsa,
  sshfp,
  naptr,
  uri,
  ds,
  openPgpKey,
  loc,
]
