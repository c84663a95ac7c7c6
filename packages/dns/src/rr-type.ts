/** RR types that have typed rdata here, or that a server meets in questions (IANA "Resource Record (RR) TYPEs"). */
export const RrType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const

const nameOf = new Map<number, string>(Object.entries(RrType).map(([name, type]) => [type, name]))
const typeOf = new Map<string, number>(Object.entries(RrType))

/** `TYPE65280` where the type has no mnemonic (RFC 3597, section 5). */
export function printRrType(type: number): string {
  return nameOf.get(type) ?? `TYPE${type}`
}

/** Reads a mnemonic in any case or `TYPEnnn`; undefined where it is neither. */
export function parseRrType(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = typeOf.get(upper)
  if (known !== undefined) return known
  return numbered(upper, 'TYPE')
}

/** Query types and meta types (RFC 6895, section 3.1): never the type of data in a zone. */
export function isMetaType(type: number): boolean {
  return type === RrType.OPT || (type >= 128 && type <= 255)
}

/** RR classes (RFC 1035, section 3.2.4; RFC 6895, section 3.2). */
export const RrClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

const nameOfClass = new Map<number, string>(Object.entries(RrClass).map(([name, value]) => [value, name]))
const classOfName = new Map<string, number>(Object.entries(RrClass))

/** `CLASS32` where the class has no mnemonic (RFC 3597, section 5). */
export function printRrClass(rrClass: number): string {
  return nameOfClass.get(rrClass) ?? `CLASS${rrClass}`
}

/** Reads a mnemonic in any case or `CLASSnnn`; undefined where it is neither. */
export function parseRrClass(text: string): number | undefined {
  const upper = text.toUpperCase()
  return classOfName.get(upper) ?? numbered(upper, 'CLASS')
}

function numbered(upper: string, prefix: string): number | undefined {
  if (!upper.startsWith(prefix)) return undefined
  const digits = upper.slice(prefix.length)
  if (!/^\d{1,5}$/.test(digits)) return undefined
  const value = Number(digits)
  return value <= 0xffff ? value : undefined
}
