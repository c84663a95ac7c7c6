/**
 * How cases write names, types and octets. This is on purpose no code of the packages under test: what judges them must
 * not have their mistakes.
 */

/** A name on the wire, uncompressed. @param text a zone file's: without a final dot it stands below `origin`. */
export function nameOctets(text: string, origin: string): Uint8Array {
  const fill = /^fill:(\d+):(.+)$/.exec(text)
  if (fill !== null) return filledName(Number(fill[1]), nameOctets(fill[2] as string, origin))
  if (text === '.') return Uint8Array.of(0)
  const zone = origin === '.' ? Uint8Array.of(0) : nameOctets(origin, '.')
  if (text === '@') return zone
  const octets: number[] = []
  const labels = text.match(/(?:\\\d{3}|\\.|[^\\.])+/g) ?? []
  for (const label of labels) {
    const values = [...label.matchAll(/\\(\d{3})|\\(.)|(.)/gs)].map(([, decimal, escaped, plain]) =>
      decimal === undefined ? (escaped ?? (plain as string)).charCodeAt(0) : Number(decimal),
    )
    octets.push(values.length, ...values)
  }
  const isAbsolute = text.endsWith('.') && !text.endsWith('\\.')
  return Uint8Array.of(...octets, ...(isAbsolute ? [0] : zone))
}

/** Labels of up to 63 octets in front of a name, so that it has `length` octets in all. */
function filledName(length: number, below: Uint8Array): Uint8Array {
  const labels: number[] = []
  let left = length - below.length
  while (left > 0) {
    // A label takes two octets at least.
    const size = left === 65 ? 62 : Math.min(63, left - 1)
    labels.push(size, ...new Array<number>(size).fill(0x61))
    left -= size + 1
  }
  return Uint8Array.of(...labels, ...below)
}

/** The presentation form of a whole uncompressed name. */
export function nameText(octets: Uint8Array): string {
  if (octets.length === 1) return '.'
  let text = ''
  for (let at = 0; octets[at] !== 0; ) {
    const end = at + 1 + (octets[at] as number)
    for (const value of octets.subarray(at + 1, end)) {
      const character = String.fromCharCode(value)
      if (value <= 0x20 || value > 0x7e) text += `\\${String(value).padStart(3, '0')}`
      else text += '.\\"();@$'.includes(character) ? `\\${character}` : character
    }
    text += '.'
    at = end
  }
  return text
}

/**
 * Octets in hexadecimal, in groups that mean nothing. `<www>` is a name on the wire, `00*300` repeats, `ID` is the
 * message's identifier.
 */
export function octetsOf(notation: string, origin: string, id: number): Uint8Array {
  const parts = (notation.match(/<[^>]*>|\S+/g) ?? []).map(token => {
    if (token === 'ID') return Uint8Array.of(id >>> 8, id & 0xff)
    if (token.startsWith('<')) return nameOctets(token.slice(1, -1), origin)
    const [hex = '', times = '1'] = token.split('*')
    if (!/^(?:[0-9a-f]{2})+$/.test(hex) || !/^\d+$/.test(times))
      throw new Error(`${JSON.stringify(token)} in ${JSON.stringify(notation)} is no octets`)
    return fromHex(hex.repeat(Number(times)))
  })
  return concat(parts)
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}

export function toHex(octets: Uint8Array): string {
  return Array.from(octets, value => value.toString(16).padStart(2, '0')).join('')
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
}
const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 }
const RCODES: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
}

export const typeNumber = (text: string): number => numberOf(text, TYPES, 'TYPE')
export const typeText = (value: number): string => textOf(value, TYPES, 'TYPE')
export const classNumber = (text: string): number => numberOf(text, CLASSES, 'CLASS')
export const rcodeText = (value: number): string => textOf(value, RCODES, 'RCODE')
export const isRcode = (text: string): boolean => Object.hasOwn(RCODES, text)

function numberOf(text: string, table: Readonly<Record<string, number>>, prefix: string): number {
  const value = table[text] ?? Number(text.startsWith(prefix) ? text.slice(prefix.length) : Number.NaN)
  if (!Number.isInteger(value)) throw new Error(`${text} is no ${prefix.toLowerCase()} that is known here`)
  return value
}

function textOf(value: number, table: Readonly<Record<string, number>>, prefix: string): string {
  return Object.keys(table).find(name => table[name] === value) ?? `${prefix}${value}`
}
