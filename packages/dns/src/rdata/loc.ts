import { InvalidRdataError } from '../errors.ts'
import { RrType } from '../rr-type.ts'
import { type TokenCursor, quote } from '../zone-file/token.ts'
import type { RdataCodec } from './codec.ts'
import type { Loc } from './rdata.ts'

/** The equator and the prime meridian (RFC 1876, section 2). */
const MIDDLE = 0x80000000
const MILLISECONDS_PER_DEGREE = 3_600_000
/** Altitude 0 lies this many centimetres below the spheroid. */
const ALTITUDE_BASE = 10_000_000

/** RFC 1876, section 3: what an entry that ends early has, as octets on the wire. */
const DEFAULT_SIZE = 0x12 // 1 m
const DEFAULT_HORIZONTAL_PRECISION = 0x16 // 10,000 m
const DEFAULT_VERTICAL_PRECISION = 0x13 // 10 m

/** Why a value is no LOC; undefined where it is one. */
function flawOf(loc: Loc): string | undefined {
  for (const size of [loc.size, loc.horizontalPrecision, loc.verticalPrecision])
    if (size !== 0 && (size >>> 4 === 0 || size >>> 4 > 9 || (size & 0xf) > 9))
      return `0x${size.toString(16)} is no size: a digit from 1 to 9 and a power of ten from 0 to 9`
  if (Math.abs(loc.latitude - MIDDLE) > 90 * MILLISECONDS_PER_DEGREE) return 'the latitude is beyond a pole'
  if (Math.abs(loc.longitude - MIDDLE) > 180 * MILLISECONDS_PER_DEGREE)
    return 'the longitude is over 180 degrees'
  return undefined
}

/** @param max degrees @param hemispheres the letters for more and less than zero, such as "NS" */
function parseAngle(tokens: TokenCursor, what: string, max: number, hemispheres: string): number {
  const [positive = '', negative = ''] = hemispheres
  const start = tokens.next(what)
  const parts = [start.text]
  let letter = tokens.next(`${positive} or ${negative}`)
  while (
    parts.length < 3 &&
    letter.text.toUpperCase() !== positive &&
    letter.text.toUpperCase() !== negative
  ) {
    parts.push(letter.text)
    letter = tokens.next(`${positive} or ${negative}`)
  }
  const side = letter.text.toUpperCase()
  if (side !== positive && side !== negative)
    throw tokens.error(`${quote(letter.text)} stands where ${positive} or ${negative} should`, letter)
  const [degrees = '', minutes = '0', seconds = '0'] = parts
  const shaped =
    /^\d{1,3}$/.test(degrees) && /^\d{1,2}$/.test(minutes) && /^\d{1,2}(?:\.\d{1,3})?$/.test(seconds)
  const [whole = '', fraction = ''] = seconds.split('.')
  const thousandths = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'))
  const angle = Number(degrees) * MILLISECONDS_PER_DEGREE + Number(minutes) * 60_000 + thousandths
  if (!shaped || Number(minutes) > 59 || thousandths >= 60_000 || angle > max * MILLISECONDS_PER_DEGREE)
    throw tokens.error(
      `${quote(parts.join(' '))} is no ${what}; write degrees to ${max}, minutes to 59, seconds to 59.999`,
      start,
    )
  return side === positive ? MIDDLE + angle : MIDDLE - angle
}

/** Metres with up to two decimals and an optional m, as centimetres. */
function parseMetres(tokens: TokenCursor, what: string, min: number, max: number): number {
  const token = tokens.next(what)
  const match = token.quoted ? null : /^(-?)(\d{1,8})(?:\.(\d{1,2}))?m?$/i.exec(token.text)
  const [, sign = '', whole = '', fraction = ''] = match ?? []
  const centimetres = (sign === '-' ? -1 : 1) * (Number(whole) * 100 + Number(fraction.padEnd(2, '0')))
  if (match === null || centimetres < min || centimetres > max)
    throw tokens.error(
      `${quote(token.text)} is no ${what}; write ${printMetres(min)} to ${printMetres(max)}`,
      token,
    )
  return centimetres
}

/** 0 to 90,000,000 m; the octet keeps the first digit only, as RFC 1876, appendix A, does it. */
function parseSize(tokens: TokenCursor, what: string, byDefault: number): number {
  if (tokens.done) return byDefault
  const centimetres = String(parseMetres(tokens, what, 0, 9e9))
  return centimetres === '0' ? 0 : (Number(centimetres.charAt(0)) << 4) | (centimetres.length - 1)
}

function printAngle(value: number, positive: string, negative: string): string {
  const angle = Math.abs(value - MIDDLE)
  const degrees = Math.floor(angle / MILLISECONDS_PER_DEGREE)
  const minutes = Math.floor(angle / 60_000) % 60
  const seconds = ((angle % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${value >= MIDDLE ? positive : negative}`
}

function printMetres(centimetres: number): string {
  const magnitude = Math.abs(centimetres)
  const fraction = magnitude % 100 === 0 ? '' : `.${String(magnitude % 100).padStart(2, '0')}`
  return `${centimetres < 0 ? '-' : ''}${Math.floor(magnitude / 100)}${fraction}m`
}

const printSize = (size: number): string => printMetres((size >>> 4) * 10 ** (size & 0xf))

export const loc: RdataCodec<Loc> = {
  kind: 'LOC',
  type: RrType.LOC,
  decode: reader => {
    const start = reader.offset
    if (reader.u8() !== 0) {
      // RFC 1876, section 2: nothing is known of the fields of another version.
      reader.offset = start
      return { kind: 'UNKNOWN', octets: reader.rest() }
    }
    const value: Loc = {
      kind: 'LOC',
      size: reader.u8(),
      horizontalPrecision: reader.u8(),
      verticalPrecision: reader.u8(),
      latitude: reader.u32(),
      longitude: reader.u32(),
      altitude: reader.u32(),
    }
    const flaw = flawOf(value)
    if (flaw !== undefined) throw reader.malformed(`in a LOC record ${flaw}`, start)
    return value
  },
  encode: (writer, value) => {
    const flaw = flawOf(value)
    if (flaw !== undefined) throw new InvalidRdataError(`in a LOC record ${flaw}`)
    writer.u8(0)
    writer.u8(value.size)
    writer.u8(value.horizontalPrecision)
    writer.u8(value.verticalPrecision)
    writer.u32(value.latitude)
    writer.u32(value.longitude)
    writer.u32(value.altitude)
  },
  parse: tokens => {
    const latitude = parseAngle(tokens, 'latitude', 90, 'NS')
    const longitude = parseAngle(tokens, 'longitude', 180, 'EW')
    const altitude =
      parseMetres(tokens, 'altitude', -ALTITUDE_BASE, 0xffffffff - ALTITUDE_BASE) + ALTITUDE_BASE
    const size = parseSize(tokens, 'size', DEFAULT_SIZE)
    const horizontalPrecision = parseSize(tokens, 'horizontal precision', DEFAULT_HORIZONTAL_PRECISION)
    const verticalPrecision = parseSize(tokens, 'vertical precision', DEFAULT_VERTICAL_PRECISION)
    return { kind: 'LOC', size, horizontalPrecision, verticalPrecision, latitude, longitude, altitude }
  },
  print: value =>
    [
      printAngle(value.latitude, 'N', 'S'),
      printAngle(value.longitude, 'E', 'W'),
      printMetres(value.altitude - ALTITUDE_BASE),
      ...[value.size, value.horizontalPrecision, value.verticalPrecision].map(printSize),
    ].join(' '),
}
