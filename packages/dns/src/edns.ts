import { ExtendedError } from './rcode.ts'
import { WireReader, WireWriter } from './wire.ts'

/** EDNS option codes used here (IANA "DNS EDNS0 Option Codes"). */
export const EdnsOptionCode = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  COOKIE: 10,
  KEEPALIVE: 11,
  PADDING: 12,
  EXTENDED_ERROR: 15,
} as const

/** One option as it stands on the wire; unknown ones are kept. */
export interface EdnsOption {
  readonly code: number
  readonly data: Uint8Array
}

/** The OPT pseudo-RR (RFC 6891, section 6). The extended rcode's upper bits are in the message's `rcode`. */
export interface Edns {
  /** Octets of UDP payload that the sender can take. */
  readonly payloadSize: number
  readonly version: number
  readonly dnssecOk: boolean
  /** The 15 flags below DO, as they stand. */
  readonly flags: number
  readonly options: readonly EdnsOption[]
}

/**
 * Of a version other than 0 nothing is known but that it is one: its options are left out.
 * @throws MalformedMessageError where an option is longer than the rdata.
 */
export function decodeEdns(payloadSize: number, ttl: number, reader: WireReader): Edns {
  const version = (ttl >>> 16) & 0xff
  return {
    payloadSize,
    version,
    dnssecOk: (ttl & 0x8000) !== 0,
    flags: ttl & 0x7fff,
    options: version === 0 ? readOptions(reader) : [],
  }
}

function readOptions(reader: WireReader): EdnsOption[] {
  const options: EdnsOption[] = []
  while (reader.remaining > 0) {
    const code = reader.u16()
    options.push({ code, data: reader.octets(reader.u16()) })
  }
  return options
}

export function encodeEdns(edns: Edns, rcode: number, writer: WireWriter): void {
  writer.u8(0)
  writer.u16(41)
  writer.u16(edns.payloadSize)
  writer.u8(rcode >>> 4)
  writer.u8(edns.version)
  writer.u16((edns.dnssecOk ? 0x8000 : 0) | edns.flags)
  writer.lengthPrefixed(w => {
    for (const option of edns.options) {
      w.u16(option.code)
      w.lengthPrefixed(inner => inner.octets(option.data))
    }
  })
}

/** An extended DNS error (RFC 8914): an info code and a text for people, UTF-8 on the wire. */
export interface ExtendedErrorInfo {
  readonly infoCode: number
  readonly text: string
}

const nameOfError: ReadonlyMap<number, string> = new Map(
  Object.entries(ExtendedError).map(([name, code]) => [code, name]),
)

/** The info code's name as in {@link ExtendedError}, or `EDEnnn`. */
export function printExtendedError(infoCode: number): string {
  return nameOfError.get(infoCode) ?? `EDE${infoCode}`
}

/** @param info.text ASCII only: it must reach a terminal unharmed. Other characters become "?". */
export function encodeExtendedError(info: ExtendedErrorInfo): EdnsOption {
  const writer = new WireWriter({ compress: false, capacity: 2 + info.text.length })
  writer.u16(info.infoCode)
  for (const char of info.text) {
    const value = char.codePointAt(0) ?? 0
    writer.u8(value >= 0x20 && value < 0x7f ? value : 0x3f)
  }
  return { code: EdnsOptionCode.EXTENDED_ERROR, data: writer.finish() }
}

/** Undefined where the option is too short to be one. */
export function decodeExtendedError(option: EdnsOption): ExtendedErrorInfo | undefined {
  if (option.code !== EdnsOptionCode.EXTENDED_ERROR || option.data.length < 2) return undefined
  const reader = new WireReader(option.data)
  const infoCode = reader.u16()
  const octets = reader.rest()
  let text = ''
  for (const value of octets) text += value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '?'
  return { infoCode, text }
}
