/** Operation codes (RFC 1035, section 4.1.1; IANA "DNS OpCodes"). */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const

/** Response codes, extended ones included (RFC 6895, section 2.3). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const

const nameOfRcode = new Map<number, string>(Object.entries(Rcode).map(([name, value]) => [value, name]))

export function printRcode(rcode: number): string {
  return nameOfRcode.get(rcode) ?? `RCODE${rcode}`
}

/** Extended DNS error codes (RFC 8914, section 4). */
export const ExtendedError = {
  OTHER: 0,
  STALE_ANSWER: 3,
  FORGED_ANSWER: 4,
  DNSSEC_BOGUS: 6,
  SIGNATURE_EXPIRED: 7,
  CACHED_ERROR: 13,
  NOT_READY: 14,
  BLOCKED: 15,
  FILTERED: 17,
  PROHIBITED: 18,
  STALE_NXDOMAIN: 19,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  NO_REACHABLE_AUTHORITY: 22,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
} as const
