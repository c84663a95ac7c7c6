import { expect, test } from 'vitest'
import { InvalidRdataError, MalformedMessageError } from '../errors.ts'
import { rdataOctets } from '../record.ts'
import { RrType } from '../rr-type.ts'
import { WireReader } from '../wire.ts'
import { parseRdata, printRdata } from './presentation.ts'
import type { Loc } from './rdata.ts'
import { decodeRdata } from './registry.ts'

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

// The first five are examples of RFC 1876, section 4.
test.each([
  ['42 21 54 N 71 06 18 W -24m 30m', '42 21 54.000 N 71 6 18.000 W -24m 30m 10000m 10m'],
  ['42 21 43.952 N 71 5 6.344 W -24m 1m 200m', '42 21 43.952 N 71 5 6.344 W -24m 1m 200m 10m'],
  ['52 14 05 N 00 08 50 E 10m', '52 14 5.000 N 0 8 50.000 E 10m 1m 10000m 10m'],
  ['32 7 19 S 116 2 25 E 10m', '32 7 19.000 S 116 2 25.000 E 10m 1m 10000m 10m'],
  ['42 21 28.764 N 71 00 51.617 W -44m 2000m', '42 21 28.764 N 71 0 51.617 W -44m 2000m 10000m 10m'],
  ['60 n 24 e 0', '60 0 0.000 N 24 0 0.000 E 0m 1m 10000m 10m'],
  ['0 S 0 W -100000.00', '0 0 0.000 N 0 0 0.000 E -100000m 1m 10000m 10m'],
  ['90 S 180 W 42849672.95m 90000000m 0m 0.01', '90 0 0.000 S 180 0 0.000 W 42849672.95m 90000000m 0m 0.01m'],
  // A size keeps its first digit only.
  ['1 N 1 E 1.5m 15m 0.19m 99.99m', '1 0 0.000 N 1 0 0.000 E 1.50m 10m 0.10m 90m'],
])('LOC %s', (text, printed) => {
  const rdata = parseRdata(RrType.LOC, text)
  expect(printRdata(RrType.LOC, rdata)).toBe(printed)
  const wire = rdataOctets(RrType.LOC, rdata)
  expect(wire.length).toBe(16)
  expect(printRdata(RrType.LOC, decodeRdata(RrType.LOC, new WireReader(wire)))).toBe(printed)
})

test('LOC has the octets of RFC 1876, section 2', () => {
  expect(
    Buffer.from(rdataOctets(RrType.LOC, parseRdata(RrType.LOC, '0 0 1 N 0 0 1 W 0m'))).toString('hex'),
  ).toBe('00121613800003e87ffffc1800989680')
})

test.each([
  ['90 0 0.001 N 0 E 0', 'latitude'],
  ['91 N 0 E 0', 'latitude'],
  ['1 60 N 0 E 0', 'latitude'],
  ['1 1 60 N 0 E 0', 'latitude'],
  ['1.5 N 0 E 0', 'latitude'],
  ['1 1 1.0001 N 0 E 0', 'latitude'],
  ['1 1 1 1 N 0 E 0', 'stands where N or S should'],
  ['1 E 0 E 0', 'stands where N or S should'],
  ['1 N 181 E 0', 'longitude'],
  ['1 N 1 E', 'altitude is missing'],
  ['1 N 1 E high', 'altitude'],
  ['1 N 1 E -100000.01', 'altitude'],
  ['1 N 1 E 42849672.96', 'altitude'],
  ['1 N 1 E 0 -1m', 'size'],
  ['1 N 1 E 0 90000000.01m', 'size'],
  ['1 N 1 E 0 1 2 3 4', 'one word too many'],
])('LOC %s is refused', (text, message) => {
  expect(() => parseRdata(RrType.LOC, text)).toThrow(message)
})

test.each([
  ['size of base 0', '00 05 16 13 80000000 80000000 00989680'],
  ['size of base 10', '00 a0 16 13 80000000 80000000 00989680'],
  ['precision of power 10', '00 12 1a 13 80000000 80000000 00989680'],
  ['latitude beyond the pole', '00 12 16 13 934fd901 80000000 00989680'],
  ['longitude over 180 degrees', '00 12 16 13 80000000 59604dff 00989680'],
  ['missing altitude', '00 12 16 13 80000000 80000000'],
])('a LOC record with a %s is MALFORMED_MESSAGE', (_, wire) => {
  expect(() => decodeRdata(RrType.LOC, new WireReader(octets(wire)))).toThrow(MalformedMessageError)
})

test('a LOC record of another version stays octets', () => {
  const rdata = decodeRdata(RrType.LOC, new WireReader(octets('01 020304')))
  expect(rdata).toEqual({ kind: 'UNKNOWN', octets: octets('01020304') })
  expect(printRdata(RrType.LOC, rdata)).toBe(String.raw`\# 4 01020304`)
  expect(parseRdata(RrType.LOC, String.raw`\# 4 01020304`)).toEqual(rdata)
})

test('a place that is none on Earth is INVALID_RDATA', () => {
  const rdata = parseRdata(RrType.LOC, '1 N 1 E 0') as Loc
  expect(() => rdataOctets(RrType.LOC, { ...rdata, latitude: 0 })).toThrow(InvalidRdataError)
  expect(() => rdataOctets(RrType.LOC, { ...rdata, size: 5 })).toThrow(InvalidRdataError)
})
