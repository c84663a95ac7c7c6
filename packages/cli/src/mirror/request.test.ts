import { expect, test } from 'vitest'
import { parseName } from '@signpost/dns'
import { LOOK_PACE } from '../collecting/limits.ts'
import { owner } from '../zones.test-support.ts'
import {
  type MirrorFlags,
  handedOver,
  nameBelow,
  parseDelegate,
  parseDurationWithin,
  readDomain,
  readOrigin,
  readZone,
} from './request.ts'

const domain = parseName('example.com.')
const from = { host: '192.0.2.53', port: 53 }

function flags(given: Partial<MirrorFlags>): MirrorFlags {
  return { key: 'example', nat: true, mdns: true, push: true, ...given }
}

function usage(problem: RegExp): object {
  return expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(problem) }) as object
}

test.each([
  ['example.com', 'example.com.'],
  ['Example.COM.', 'Example.COM.'],
  ['bücher.example', 'xn--bcher-kva.example.'],
])('%s is a domain', (text, name) => {
  expect(readDomain(text).toString()).toBe(name)
})

test.each([
  ['.', /root/],
  [owner(1).zoneId, /signed zone/],
  [`www.${owner(1).zoneId}`, /signed zone/],
  ['alice.signpost.internal', /signed zone/],
  ['a..b', /empty label/],
])('%s is no domain to mirror', (text, problem) => {
  expect(() => readDomain(text)).toThrow(usage(problem))
})

test('records are read in one place', () => {
  expect(readOrigin(flags({ from }), domain)).toEqual({ kind: 'transfer', from })
  expect(readOrigin(flags({ file: 'zone' }), domain)).toEqual({ kind: 'file', file: 'zone' })
  expect(readOrigin(flags({ name: ['www'], server: ['192.0.2.53'] }), domain)).toMatchObject({
    kind: 'names',
  })
  expect(() => readOrigin(flags({}), domain)).toThrow(usage(/^say where/))
  expect(() => readOrigin(flags({ from, file: 'zone' }), domain)).toThrow(usage(/^say only once/))
})

test('standard input is read once only', () => {
  expect(readOrigin(flags({ file: '-' }), domain)).toEqual({ kind: 'file', file: '-' })
  expect(() => readOrigin(flags({ file: '-', watch: true }), domain)).toThrow(usage(/standard input/))
})

test('names are asked of nobody whom the user did not name', () => {
  expect(() => readOrigin(flags({ name: ['www'] }), domain)).toThrow(usage(/--server.*"system"/))
})

test.each([
  ['www', 'www.example.com.'],
  ['_sip._tcp', '_sip._tcp.example.com.'],
  ['www.example.com', 'www.example.com.'],
  ['www.EXAMPLE.com.', 'www.EXAMPLE.com.'],
  ['@', 'example.com.'],
  ['*', '*.example.com.'],
])('%s is a name below the domain', (text, name) => {
  expect(nameBelow(text, domain).toString()).toBe(name)
})

test('a name of another domain is none', () => {
  expect(() => nameBelow('www.example.org.', domain)).toThrow(usage(/not below/))
  expect(() => nameBelow(`${'x'.repeat(63)}.`.repeat(3) + 'x'.repeat(60), domain)).toThrow(usage(/255/))
})

test('the zone that has the domain is at or above it', () => {
  const shop = parseName('shop.example.com.')
  expect(readZone(flags({}), shop)).toBe(shop)
  expect(readZone(flags({ zone: 'example.com' }), shop).equals(domain)).toBe(true)
  for (const zone of ['example.org', '.', 'www.shop.example.com'])
    expect(() => readZone(flags({ zone }), shop)).toThrow(usage(/--zone/))
})

test('a label is handed to whom its right side names', () => {
  expect(parseDelegate('shop=k51')).toEqual({ label: 'shop', zone: 'k51' })
  expect(handedOver(parseDelegate('a.shop=bob'), domain).toString()).toBe('a.shop.example.com.')
  for (const text of ['shop', '=k51', 'shop=']) expect(() => parseDelegate(text)).toThrow(usage(/shop=k51/))
  expect(() => handedOver(parseDelegate('@=bob'), domain)).toThrow(usage(/all of/))
})

test('a pace is within its limits', () => {
  const parse = parseDurationWithin(LOOK_PACE)
  expect(parse('5m')).toBe(300_000)
  expect(() => parse('0s')).toThrow(usage(/1s to 1d/))
  expect(() => parse('2d')).toThrow(usage(/1s to 1d/))
  expect(() => parse('5')).toThrow(usage(/unit/))
})
