import { RrType, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { SPECIAL_USE, isForParent, specialUseOf } from './special-use.ts'

test.each([
  ['localhost.', 'localhost.'],
  ['a.b.LocalHost.', 'localhost.'],
  ['x.test.', 'test.'],
  ['printer.local.', 'local.'],
  ['1.1.168.192.in-addr.arpa.', '168.192.in-addr.arpa.'],
  ['1.0.16.172.in-addr.arpa.', '16.172.in-addr.arpa.'],
  ['1.0.31.172.in-addr.arpa.', '31.172.in-addr.arpa.'],
  ['1.0.64.100.in-addr.arpa.', '64.100.in-addr.arpa.'],
  ['1.0.127.100.in-addr.arpa.', '127.100.in-addr.arpa.'],
  ['b.a.9.e.f.ip6.arpa.', '9.e.f.ip6.arpa.'],
  ['1.8.b.d.0.1.0.0.2.ip6.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.'],
])('%s is at or below %s', (name, domain) => {
  expect(specialUseOf(parseName(name))?.domain.toString()).toBe(domain)
})

test.each([
  '.',
  'com.',
  'www.example.com.',
  'mytest.',
  'test.example.',
  'arpa.',
  'in-addr.arpa.',
  'ipv4only.arpa.',
  '170.0.0.192.in-addr.arpa.',
  '1.0.15.172.in-addr.arpa.',
  '1.0.32.172.in-addr.arpa.',
  '1.0.63.100.in-addr.arpa.',
  '1.0.128.100.in-addr.arpa.',
  '8.8.8.8.in-addr.arpa.',
  'c.f.ip6.arpa.',
  'f.e.f.ip6.arpa.',
  '2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.',
])('%s is like any other', name => {
  expect(specialUseOf(parseName(name))).toBeUndefined()
})

test('every row says why, and none lies below another one', () => {
  for (const row of SPECIAL_USE) {
    expect(row.source).toMatch(/^(?:RFC \d{4}|ICANN)/)
    expect(SPECIAL_USE.filter(({ domain }) => row.domain.isAtOrBelow(domain))).toEqual([row])
  }
})

test('DS of the domain itself is a question for its parent', () => {
  const row = specialUseOf(parseName('home.arpa.'))!
  expect(isForParent(row, parseName('Home.Arpa.'), RrType.DS)).toBe(true)
  expect(isForParent(row, parseName('home.arpa.'), RrType.A)).toBe(false)
  expect(isForParent(row, parseName('a.home.arpa.'), RrType.DS)).toBe(false)
})
