import { parseIpv4, parseIpv6 } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CookieSource, checkServerCookie, makeServerCookie } from './server-cookie.ts'

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const SECRET = octets('e5e973e5a6b2a43f48e7dc849e37bfcf')
const source: CookieSource = {
  clientCookie: octets('2464c4abcf10c957'),
  address: parseIpv4('198.51.100.100')!,
}
const T0 = 1_559_731_985

test.each([
  ['A.1, a new one', '2464c4abcf10c957', '198.51.100.100', T0, SECRET, '010000005cf79f111f8130c3eee29480'],
  [
    'A.2, a renewed one',
    '2464c4abcf10c957',
    '198.51.100.100',
    1_559_734_385,
    SECRET,
    '010000005cf7a871d4a564a1442aca77',
  ],
  [
    'A.3, of another client',
    'fc93fc62807ddb86',
    '203.0.113.203',
    1_559_734_700,
    SECRET,
    '010000005cf7a9acf73a7810aca2381e',
  ],
  [
    'A.4, over IPv6 and with a new secret',
    '22681ab97d52c298',
    '2001:db8:220:1:59de:d0f4:8769:82b8',
    1_559_741_961,
    octets('445536bcd2513298075a5d379663c962'),
    '010000005cf7c609a6bb79d16625507a',
  ],
])('server cookies are those of RFC 9018, appendix %s', (_, client, address, time, secret, cookie) => {
  const from = { clientCookie: octets(client), address: parseIpv4(address) ?? parseIpv6(address)! }
  expect(Buffer.from(makeServerCookie(from, time, secret)).toString('hex')).toBe(cookie)
  expect(checkServerCookie(octets(cookie), from, time, secret)).toBe('valid')
})

test('reserved octets count as they stand (RFC 9018, appendix A.3)', () => {
  const from = { clientCookie: octets('fc93fc62807ddb86'), address: parseIpv4('203.0.113.203')! }
  const cookie = octets('01abcdef5cf78f71a314227b6679ebf5')
  expect(checkServerCookie(cookie, from, 0x5cf78f71 + 10, SECRET)).toBe('valid')
})

test.each([
  [0, 'valid'],
  [1800, 'valid'],
  [1801, 'renew'],
  [3600, 'renew'],
  [3601, 'invalid'],
  [-300, 'valid'],
  [-301, 'invalid'],
])('a cookie that is %i seconds old is %s', (age, verdict) => {
  const cookie = makeServerCookie(source, T0, SECRET)
  expect(checkServerCookie(cookie, source, T0 + age, SECRET)).toBe(verdict)
})

test('the time goes round after 32 bits', () => {
  const cookie = makeServerCookie(source, 2 ** 32 - 10, SECRET)
  expect(checkServerCookie(cookie, source, 2 ** 32 + 10, SECRET)).toBe('valid')
})

test('a cookie is nobody else’s: with another address, client cookie, secret, or with any octet changed it is invalid', () => {
  const cookie = makeServerCookie(source, T0, SECRET)
  const check = (
    changes: { cookie?: Uint8Array; from?: Partial<CookieSource>; secret?: Uint8Array } = {},
  ): string =>
    checkServerCookie(changes.cookie ?? cookie, { ...source, ...changes.from }, T0, changes.secret ?? SECRET)
  expect(check()).toBe('valid')
  expect(check({ from: { address: parseIpv4('198.51.100.101')! } })).toBe('invalid')
  expect(check({ from: { clientCookie: octets('2464c4abcf10c958') } })).toBe('invalid')
  expect(check({ secret: octets('445536bcd2513298075a5d379663c962') })).toBe('invalid')
  fc.assert(
    fc.property(fc.nat(15), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = cookie.slice()
      changed[at] = changed[at]! ^ change
      expect(check({ cookie: changed })).toBe('invalid')
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), anything => {
      expect(check({ cookie: anything })).toBe('invalid')
    }),
  )
})
