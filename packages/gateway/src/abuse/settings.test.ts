import { expect, test } from 'vitest'
import { type ProtectionOptions, readProtection } from './settings.ts'
import { addressOctets, isInAny } from './network.ts'

const LOCAL = [
  { host: '127.0.0.1', port: 53 },
  { host: '::1', port: 53 },
]

function allows(allow: readonly string[] | undefined, ...addresses: string[]): boolean[] {
  const settings = readProtection(allow === undefined ? {} : { allow }, LOCAL)
  return addresses.map(address => isInAny(addressOctets(address)!, settings.allow))
}

test('by default this machine alone may ask, has no rate limits, and strangers lead nobody into private networks', () => {
  expect(allows(undefined, '127.0.0.1', '127.9.9.9', '::1', '192.168.1.1', 'fe80::1')).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  const { unlimited, rebinding } = readProtection({}, LOCAL)
  expect(isInAny(addressOctets('127.0.0.1')!, unlimited)).toBe(true)
  expect(isInAny(addressOctets('192.168.1.1')!, unlimited)).toBe(false)
  expect(rebinding).toEqual({ domains: [], zones: 'petnames' })
})

test('a list of others leaves this machine in, one that names a part of it does not', () => {
  expect(allows(['192.168.0.0/16'], '192.168.1.1', '127.0.0.1', '::1', '10.0.0.1')).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect(allows(['127.0.0.1', 'fd00::/8'], '127.0.0.1', '127.0.0.2', '::1')).toEqual([true, false, false])
  expect(allows(['0.0.0.0/0'], '8.8.8.8', '127.0.0.1', '::1', '2001:db8::1')).toEqual([
    true,
    true,
    true,
    false,
  ])
})

test.each([
  ['0.0.0.0', /^allow: 0\.0\.0\.0:53 is reached from other machines.*such as 192\.168\.0\.0\/16$/],
  ['192.168.7.1', /such as 192\.168\.7\.0\/24$/],
  ['::', /^allow: \[::\]:53 is reached.*such as fd00::\/8$/],
  ['fd00::1', /such as fd00::\/8$/],
])('listening on %s without a list is refused, and the sentence says what to write', (host, message) => {
  const listening = [...LOCAL, { host, port: 53 }]
  expect(() => readProtection({}, listening)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      option: 'allow',
      message: expect.stringMatching(message),
    }),
  )
  expect(readProtection({ allow: ['192.168.0.0/16'] }, listening).allow).toHaveLength(3)
})

test.each<[what: string, options: ProtectionOptions, option: string, message: RegExp]>([
  ['an empty list', { allow: [] }, 'allow', /it is empty; leave it out/],
  ['no network', { allow: ['::1', 'router'] }, 'allow[1]', /"router"; give an address or a network/],
  ['a prefix too long', { unlimited: ['10.0.0.0/33'] }, 'unlimited[0]', /from 0 to 32/],
  ['no domain', { rebinding: { exceptions: ['a..b'] } }, 'rebinding.exceptions[0]', /it is no domain name/],
  [
    'a word that is none of three',
    { rebinding: { zones: 'some' as 'all' } },
    'rebinding.zones',
    /"some"; give "petnames", "all" or "none"/,
  ],
])('refused: %s', (_, options, option, message) => {
  expect(() => readProtection(options, LOCAL)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', option, message: expect.stringMatching(message) }),
  )
})

test('protection against rebinding may be switched off', () => {
  expect(readProtection({ rebinding: { protect: false } }, LOCAL).rebinding).toBeUndefined()
})
