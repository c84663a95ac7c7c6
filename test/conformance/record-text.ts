import { nameOctets, nameText, toHex, typeText } from './notation.ts'
import type { WireRecord } from './reply.ts'

/** A record as a line of a zone file, names in lower case and the TTL apart; types that are not known here as RFC 3597 has it. */
export interface RecordLine {
  readonly text: string
  readonly ttl: number
}

/** A line of a case, which may allow for several TTLs: `0/300`. */
export interface WantedLine {
  readonly text: string
  readonly ttls: readonly number[]
}

/** Which of the fields of a type are names. */
const NAME_FIELDS: Readonly<Record<string, readonly number[]>> = {
  NS: [0],
  CNAME: [0],
  SOA: [0, 1],
  PTR: [0],
  MX: [1],
  SRV: [3],
  DNAME: [0],
}

/** @param line `owner TTL type rdata`, names relative to `origin`. */
export function readLine(line: string, origin: string): WantedLine {
  const [owner = '', ttls = '', type = '', ...fields] = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
  const name = (text: string): string => nameText(nameOctets(text, origin)).toLowerCase()
  const names = NAME_FIELDS[type] ?? []
  const rdata = fields.map((field, at) => (names.includes(at) ? name(field) : field))
  // Octets in hexadecimal may stand in groups (RFC 3597, section 5).
  const [generic, length, ...groups] = rdata
  const text = generic === '\\#' ? [generic, length, groups.join('')].join(' ').trimEnd() : rdata.join(' ')
  return { text: `${name(owner)} ${type} ${text}`, ttls: ttls.split('/').map(Number) }
}

export function printRecord({ name, type, ttl, rdata }: WireRecord): RecordLine {
  return { text: `${nameText(name).toLowerCase()} ${typeText(type)} ${printRdata(type, rdata)}`, ttl }
}

function printRdata(type: number, rdata: Uint8Array): string {
  const word = (at: number): number => ((rdata[at] as number) << 8) | (rdata[at + 1] as number)
  const name = (at: number): string => nameText(wholeName(rdata, at)).toLowerCase()
  switch (typeText(type)) {
    case 'A':
      return rdata.join('.')
    case 'AAAA':
      return ipv6Text(Array.from({ length: 8 }, (_, n) => word(2 * n)))
    case 'NS':
    case 'CNAME':
    case 'PTR':
    case 'DNAME':
      return name(0)
    case 'MX':
      return `${word(0)} ${name(2)}`
    case 'SRV':
      return `${word(0)} ${word(2)} ${word(4)} ${name(6)}`
    case 'TXT':
      return stringsText(rdata)
    case 'SOA': {
      const mailbox = wholeName(rdata, 0).length
      const numbers = mailbox + wholeName(rdata, mailbox).length
      const values = [0, 4, 8, 12, 16].map(at => word(numbers + at) * 0x10000 + word(numbers + at + 2))
      return `${name(0)} ${name(mailbox)} ${values.join(' ')}`
    }
    default:
      return `\\# ${rdata.length} ${toHex(rdata)}`.trimEnd()
  }
}

/** An uncompressed name that starts at `at`, without what follows it. */
function wholeName(octets: Uint8Array, at: number): Uint8Array {
  let end = at
  while (octets[end] !== 0) end += (octets[end] as number) + 1
  return octets.subarray(at, end + 1)
}

function stringsText(rdata: Uint8Array): string {
  const strings: string[] = []
  for (let at = 0; at < rdata.length; at += (rdata[at] as number) + 1)
    strings.push(`"${String.fromCharCode(...rdata.subarray(at + 1, at + 1 + (rdata[at] as number)))}"`)
  return strings.join(' ')
}

// The URL parser prints an address as RFC 5952 has it.
function ipv6Text(words: readonly number[]): string {
  return new URL(`http://[${words.map(word => word.toString(16)).join(':')}]`).hostname.slice(1, -1)
}
