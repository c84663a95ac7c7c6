import { type EdnsOption, EdnsOptionCode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { plainEdns } from '../asking.test-support.ts'
import { limitsWith } from '../limits.ts'
import type { Transport } from '../query.ts'
import { CookieSecrets } from './cookie-secrets.ts'
import { type Terms, createTerms, plainTerms } from './terms.ts'

const NOW = 1_700_000_000_000
const secrets = new CookieSecrets(length => new Uint8Array(length).fill(1), NOW / 1000)
const limits = limitsWith({ tcpIdle: 12_300, tlsIdle: 3_600_000 })
const readTerms = createTerms({ secrets, limits, now: () => NOW })
const client = { address: '192.0.2.1', port: 1 }
const transports: readonly Transport[] = ['udp', 'tcp', 'tls', 'https']

function read(transport: Transport, ...options: EdnsOption[]): Terms | 'malformed' {
  return readTerms({ ...plainEdns, options }, transport, client)
}

function codesOf(terms: Terms | 'malformed'): number[] {
  return terms === 'malformed' ? [] : terms.options.map(option => option.code)
}

const option = (code: number, ...octets: number[]): EdnsOption => ({ code, data: Uint8Array.from(octets) })
const cookie = option(EdnsOptionCode.COOKIE, 1, 2, 3, 4, 5, 6, 7, 8)
const keepalive = option(EdnsOptionCode.KEEPALIVE)
const padding = option(EdnsOptionCode.PADDING, 0, 0)

test('without EDNS, without options, and in another version of EDNS there is nothing to it', () => {
  for (const transport of transports) {
    const plain = { addressProven: transport !== 'udp', options: [], padded: false }
    expect(readTerms(undefined, transport, client)).toEqual(plain)
    expect(read(transport)).toEqual(plain)
    expect(
      readTerms({ ...plainEdns, version: 1, options: [cookie, keepalive, padding] }, transport, client),
    ).toEqual(plain)
    expect(plainTerms(transport)).toEqual(plain)
  }
})

test('client subnet and options that nobody knows come to nothing on every transport', () => {
  const subnet = option(EdnsOptionCode.CLIENT_SUBNET, 0, 1, 24, 0, 192, 0, 2)
  for (const transport of transports)
    expect(read(transport, subnet, option(EdnsOptionCode.NSID), option(65_001, 1, 2))).toEqual(
      plainTerms(transport),
    )
})

test('a cookie proves the address over UDP once it comes back, and over HTTPS it is passed over', () => {
  const first = read('udp', cookie) as Terms
  expect(first).toMatchObject({ addressProven: false, padded: false })
  expect(read('udp', ...first.options)).toEqual({ ...first, addressProven: true })
  for (const transport of ['tcp', 'tls'] as const)
    expect(read(transport, cookie)).toMatchObject({ addressProven: true, options: first.options })
  expect(read('https', cookie)).toEqual(plainTerms('https'))
})

test('only the first of two cookies counts', () => {
  const other = option(EdnsOptionCode.COOKIE, 8, 7, 6, 5, 4, 3, 2, 1)
  expect(read('udp', cookie, other)).toEqual(read('udp', cookie))
  expect(read('udp', cookie, option(EdnsOptionCode.COOKIE))).toEqual(read('udp', cookie))
})

test('a cookie of a length that none has is a format error', () => {
  for (const transport of transports)
    expect(read(transport, option(EdnsOptionCode.COOKIE, 1, 2, 3))).toBe('malformed')
})

test('keepalive is answered over TCP and TLS with the idle time in tenths of a second, which 16 bits can hold', () => {
  expect(read('tcp', keepalive)).toMatchObject({ options: [option(EdnsOptionCode.KEEPALIVE, 0, 123)] })
  expect(read('tls', keepalive)).toMatchObject({
    options: [option(EdnsOptionCode.KEEPALIVE, 36_000 >>> 8, 36_000 & 0xff)],
  })
  const patient = createTerms({ secrets, limits: { tcpIdle: 9_000_000, tlsIdle: 1 }, now: () => NOW })
  expect(patient({ ...plainEdns, options: [keepalive] }, 'tcp', client)).toMatchObject({
    options: [option(EdnsOptionCode.KEEPALIVE, 0xff, 0xff)],
  })
  for (const transport of ['udp', 'https'] as const)
    expect(read(transport, keepalive)).toEqual(plainTerms(transport))
})

test('a keepalive of a client that names a time is a format error over TCP and TLS, and nothing over UDP', () => {
  const timed = option(EdnsOptionCode.KEEPALIVE, 0, 100)
  expect(transports.map(transport => read(transport, timed))).toEqual([
    plainTerms('udp'),
    'malformed',
    'malformed',
    plainTerms('https'),
  ])
})

test('a reply is padded where the client padded its query and nobody else can read it', () => {
  expect(transports.map(transport => (read(transport, padding) as Terms).padded)).toEqual([
    false,
    false,
    true,
    true,
  ])
  for (const transport of transports) expect(codesOf(read(transport, padding))).toEqual([])
})

test('all of them together', () => {
  expect(codesOf(read('tls', option(1), padding, keepalive, cookie))).toEqual([
    EdnsOptionCode.COOKIE,
    EdnsOptionCode.KEEPALIVE,
  ])
})
