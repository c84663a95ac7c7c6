import { parseBase64, printBase64 } from './base64.ts'
import { parseIpv4, parseIpv6, printIpv4, printIpv6 } from './ip-text.ts'
import { parseValueList, printParamText, printValueList } from './svc-param-text.ts'

/** The value of a parameter as it stands in a zone file; an absent value is the empty one. */
export interface SvcParamText {
  /** Escapes not resolved, quotes taken off. */
  readonly raw: string
  /** Escapes resolved. */
  octets(): Uint8Array
  /** An error at the parameter. */
  error(message: string): Error
}

/** What a registered service parameter's value looks like (RFC 9460, section 14.3.2). */
export interface SvcParamFormat {
  readonly key: number
  readonly name: string
  /** Why octets are no value of this parameter; undefined where they are one. */
  flawOf(value: Uint8Array): string | undefined
  parse(text: SvcParamText): Uint8Array
  /** Undefined where the text has no way to say the value: it is then printed as keyNNNNN. */
  print(value: Uint8Array): string | undefined
}

export const SvcParamKey = { MANDATORY: 0, ALPN: 1, NO_DEFAULT_ALPN: 2 } as const

/** The keys that a `mandatory` value lists. */
export function mandatoryKeysOf(value: Uint8Array): number[] {
  const keys: number[] = []
  for (let at = 0; at + 1 < value.length; at += 2) keys.push(((value[at] ?? 0) << 8) | (value[at + 1] ?? 0))
  return keys
}

/** RFC 9460, section 8. */
const mandatory: SvcParamFormat = {
  key: SvcParamKey.MANDATORY,
  name: 'mandatory',
  flawOf: value => {
    if (value.length === 0 || value.length % 2 !== 0) return 'it is no list of keys'
    const keys = mandatoryKeysOf(value)
    if (keys.includes(SvcParamKey.MANDATORY)) return 'it lists itself'
    return keys.every((key, at) => at === 0 || key > (keys[at - 1] ?? 0))
      ? undefined
      : 'its keys are not in ascending order, each once'
  },
  parse: text => {
    const keys = text.raw.split(',').map(name => {
      const key = parseSvcParamKey(name)
      if (key === undefined) throw text.error('lists something that is no key; write alpn,port')
      return key
    })
    if (keys.includes(SvcParamKey.MANDATORY)) throw text.error('lists itself; take "mandatory" off the list')
    if (new Set(keys).size < keys.length) throw text.error('lists a key twice')
    return Uint8Array.from(keys.sort((a, b) => a - b).flatMap(key => [key >>> 8, key & 0xff]))
  },
  print: value => mandatoryKeysOf(value).map(printSvcParamKey).join(','),
}

/** RFC 9460, section 7.1.1: protocol identifiers, each behind its length. */
const alpn: SvcParamFormat = {
  key: SvcParamKey.ALPN,
  name: 'alpn',
  flawOf: value => (protocolsOf(value) === undefined ? 'it is no list of protocol identifiers' : undefined),
  parse: text => {
    const ids = parseValueList(text.octets())
    if (ids.some(id => id.length === 0)) throw text.error('lists an empty protocol; write alpn=h2,h3')
    if (ids.some(id => id.length > 255)) throw text.error('lists a protocol of more than 255 octets')
    return Uint8Array.from(ids.flatMap(id => [id.length, ...id]))
  },
  print: value => printParamText(printValueList(protocolsOf(value) ?? [])),
}

function protocolsOf(value: Uint8Array): Uint8Array[] | undefined {
  const ids: Uint8Array[] = []
  for (let at = 0; at < value.length; at += (value[at] ?? 0) + 1) {
    const end = at + 1 + (value[at] ?? 0)
    if (value[at] === 0 || end > value.length) return undefined
    ids.push(value.subarray(at + 1, end))
  }
  return ids.length === 0 ? undefined : ids
}

/** A parameter that says all by being there. */
function flag(key: number, name: string): SvcParamFormat {
  return {
    key,
    name,
    flawOf: value => (value.length === 0 ? undefined : 'it has a value and takes none'),
    parse: text => {
      if (text.raw !== '') throw text.error('takes no value')
      return new Uint8Array()
    },
    print: () => '',
  }
}

/** RFC 9460, section 7.2. */
const port: SvcParamFormat = {
  key: 3,
  name: 'port',
  flawOf: value => (value.length === 2 ? undefined : 'it is no port'),
  parse: text => {
    const value = /^\d{1,5}$/.test(text.raw) ? Number(text.raw) : 0x10000
    if (value > 0xffff) throw text.error('is no port from 0 to 65535; write port=443')
    return Uint8Array.of(value >>> 8, value & 0xff)
  },
  print: value => String(((value[0] ?? 0) << 8) | (value[1] ?? 0)),
}

/** RFC 9460, section 7.3: one address or more, end to end. */
function hint(
  key: number,
  name: string,
  length: number,
  parseAddress: (text: string) => Uint8Array | undefined,
  printAddress: (octets: Uint8Array) => string,
): SvcParamFormat {
  return {
    key,
    name,
    flawOf: value =>
      value.length > 0 && value.length % length === 0 ? undefined : 'it is no list of addresses',
    parse: text => {
      const addresses = text.raw.split(',').map(parseAddress)
      return Uint8Array.from(
        addresses.flatMap(address => {
          if (address === undefined) throw text.error('is no list of addresses with commas between them')
          return [...address]
        }),
      )
    },
    print: value =>
      Array.from({ length: value.length / length }, (_, at) =>
        printAddress(value.subarray(at * length, (at + 1) * length)),
      ).join(','),
  }
}

/** RFC 9848: an ECHConfigList, kept as it is. */
const ech: SvcParamFormat = {
  key: 5,
  name: 'ech',
  flawOf: value => (value.length > 0 ? undefined : 'it is empty'),
  parse: text => {
    const value = parseBase64(text.raw)
    if (value === undefined || value.length === 0) throw text.error('is no base 64')
    return value
  },
  print: printBase64,
}

/** RFC 9461, section 5: a URI template of a path that has the variable "dns". */
function isDohPath(text: string): boolean {
  return (
    text.startsWith('/') && [...text.matchAll(/\{([^{}]*)\}/g)].some(([, body]) => /\bdns\b/.test(body ?? ''))
  )
}

const dohpath: SvcParamFormat = {
  key: 7,
  name: 'dohpath',
  flawOf: value => (value.length > 0 ? undefined : 'it is empty'),
  parse: text => {
    if (!isDohPath(text.raw)) throw text.error('is no template of a path; write dohpath=/dns-query{?dns}')
    return text.octets()
  },
  print: value => {
    const text = printParamText(value)
    return isDohPath(text.replace(/^"/, '')) ? text : undefined
  },
}

const formats: readonly SvcParamFormat[] = [
  mandatory,
  alpn,
  flag(SvcParamKey.NO_DEFAULT_ALPN, 'no-default-alpn'),
  port,
  hint(4, 'ipv4hint', 4, parseIpv4, printIpv4),
  ech,
  hint(6, 'ipv6hint', 16, parseIpv6, printIpv6),
  dohpath,
  flag(8, 'ohttp'), // RFC 9540, section 4
]
const byKey: ReadonlyMap<number, SvcParamFormat> = new Map(formats.map(format => [format.key, format]))
const byName: ReadonlyMap<string, SvcParamFormat> = new Map(formats.map(format => [format.name, format]))

/** The format of a registered key; undefined where its value stays uninterpreted. */
export function formatOf(key: number): SvcParamFormat | undefined {
  return byKey.get(key)
}

/** The format that a key's own name asks for; `key3` asks for octets although 3 is `port`. */
export function formatNamed(name: string): SvcParamFormat | undefined {
  return byName.get(name)
}

/** Reads a registered name, or `keyNNNNN` without leading zeros. Undefined where it is neither. */
export function parseSvcParamKey(name: string): number | undefined {
  const known = byName.get(name)
  if (known !== undefined) return known.key
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1]
  return digits === undefined || Number(digits) > 0xffff ? undefined : Number(digits)
}

export function printSvcParamKey(key: number): string {
  return byKey.get(key)?.name ?? `key${key}`
}
