import { type ResourceRecord, RrType } from '@signpost/dns'

/** The type that an RRSIG covers, with which its rdata begins (RFC 4034, section 3.1.1); undefined for other records. */
export function coveredType({ type, rdata }: ResourceRecord): number | undefined {
  if (type !== RrType.RRSIG || rdata.kind !== 'UNKNOWN') return undefined
  return ((rdata.octets[0] ?? 0) << 8) | (rdata.octets[1] ?? 0)
}
