import type { Random } from '../random.ts'

interface TypeData {
  /** As zone files have it. */
  readonly type: string
  readonly number: number
  /** Rdata that has `n` in it where that can be, and a name where there is one. */
  readonly rdata: (n: number, name: string) => string
}

/** The types that both authorities can read. */
const DATA: readonly TypeData[] = [
  { type: 'A', number: 1, rdata: n => `192.0.2.${n}` },
  { type: 'AAAA', number: 28, rdata: n => `2001:db8::${n.toString(16)}` },
  { type: 'MX', number: 15, rdata: (n, name) => `${n} ${name}` },
  { type: 'TXT', number: 16, rdata: n => `"text ${n}" "" "and \\"more\\""` },
  { type: 'SRV', number: 33, rdata: (n, name) => `${n} 5 443 ${name}` },
  { type: 'PTR', number: 12, rdata: (_, name) => name },
  { type: 'HINFO', number: 13, rdata: n => `"cpu ${n}" "os"` },
  { type: 'MINFO', number: 14, rdata: (_, name) => `${name} ${name}` },
  { type: 'RP', number: 17, rdata: (_, name) => `${name} ${name}` },
  { type: 'AFSDB', number: 18, rdata: (n, name) => `${n} ${name}` },
  { type: 'RT', number: 21, rdata: (n, name) => `${n} ${name}` },
  { type: 'LOC', number: 29, rdata: n => `${n % 90} 7 19 N 5 2 19 E 20m 10m 10m 10m` },
  { type: 'NAPTR', number: 35, rdata: (n, name) => `${n} 20 "s" "SIP+D2U" "" ${name}` },
  { type: 'KX', number: 36, rdata: (n, name) => `${n} ${name}` },
  { type: 'CERT', number: 37, rdata: n => `1 ${n} 8 AQIDBA==` },
  { type: 'APL', number: 42, rdata: n => `1:192.0.2.${n}/32 !2:2001:db8::/64` },
  { type: 'SSHFP', number: 44, rdata: n => `4 2 ${hex(n, 32)}` },
  {
    type: 'IPSECKEY',
    number: 45,
    rdata: (n, name) => `${n} 3 2 ${name} AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==`,
  },
  { type: 'DHCID', number: 49, rdata: n => `${Buffer.from(hex(n, 35), 'hex').toString('base64')}` },
  { type: 'TLSA', number: 52, rdata: n => `3 1 1 ${hex(n, 32)}` },
  { type: 'SMIMEA', number: 53, rdata: n => `3 0 1 ${hex(n, 32)}` },
  { type: 'OPENPGPKEY', number: 61, rdata: n => Buffer.from(hex(n, 24), 'hex').toString('base64') },
  { type: 'SPF', number: 99, rdata: n => `"v=spf1 ip4:192.0.2.${n} -all"` },
  { type: 'NID', number: 104, rdata: n => `${n} 0014:4fff:ff20:ee64` },
  { type: 'L32', number: 105, rdata: n => `${n} 10.1.2.0` },
  { type: 'L64', number: 106, rdata: n => `${n} 2001:0db8:1140:1000` },
  { type: 'LP', number: 107, rdata: (n, name) => `${n} ${name}` },
  { type: 'EUI48', number: 108, rdata: n => `00-00-5e-00-53-${hex(n, 1)}` },
  { type: 'EUI64', number: 109, rdata: n => `00-00-5e-ef-10-00-00-${hex(n, 1)}` },
  { type: 'URI', number: 256, rdata: n => `10 ${n} "https://www.example.net/${n}"` },
  { type: 'CAA', number: 257, rdata: n => `0 issue "ca${n}.example.net"` },
  { type: 'SVCB', number: 64, rdata: (n, name) => `${n + 1} ${name} port=${n + 1000}` },
  { type: 'HTTPS', number: 65, rdata: (n, name) => `${n + 1} ${name} alpn=h2 ipv4hint=192.0.2.${n}` },
  { type: 'TYPE62347', number: 62347, rdata: n => `\\# 3 ${hex(n, 3)}` },
  { type: 'TYPE65534', number: 65534, rdata: n => `\\# 1 ${hex(n, 1)}` },
]

function hex(n: number, length: number): string {
  return n.toString(16).padStart(2, '0').repeat(length)
}

export const TYPES: readonly string[] = DATA.map(({ type }) => type)

/** The name of a type that everybody can read (RFC 3597, section 5). */
export function typeByNumber(type: string): string {
  const known = DATA.find(data => data.type === type)
  return known === undefined ? type : `TYPE${known.number}`
}

/** One to three records of a type. */
export function rdatasOf(type: string, random: Random, nameOf: () => string): string[] {
  const first = random.below(200)
  const count = 1 + (random.once(3) ? random.below(3) : 0)
  const rdata = DATA.find(data => data.type === type)?.rdata
  if (rdata === undefined) throw new Error(`there is no rdata for ${type}`)
  // Where a name is all that there is, it may come twice, and the records of an RRset differ.
  return [...new Set(Array.from({ length: count }, (_, n) => rdata(first + n, nameOf())))]
}
