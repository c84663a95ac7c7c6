import { expect, test } from 'vitest'
import { isOwn } from './own-addresses.ts'

const interfaces = ['127.0.0.1', '192.0.2.7', '::1', '2001:db8::7', 'fe80::7']

test.each<[to: string, listening: string, own: boolean]>([
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.2', '127.0.0.1', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '127.0.0.1', false],
  ['192.0.2.8', '0.0.0.0', false],
  ['192.0.2.7', '0.0.0.0', true],
  ['127.0.0.53', '0.0.0.0', true],
  ['127.0.0.1', '::', true],
  ['2001:db8::7', '::', true],
  ['2001:db8:0:0::7', '2001:db8::7', true],
  ['::ffff:127.0.0.1', '127.0.0.1', true],
  ['2001:db8::8', '::', false],
  ['0.0.0.0', '127.0.0.1', true],
  ['::', '::1', true],
  ['0.0.0.0', '0.0.0.0', true],
  ['fe80::7%eth0', 'fe80::7%eth0', true],
  ['fe80::7%eth1', 'fe80::7%eth0', false],
])('what is sent to %s comes to a socket at %s: %s', (to, listening, own) => {
  expect(isOwn({ host: to, port: 53 }, [{ host: listening, port: 53 }], interfaces)).toBe(own)
  expect(isOwn({ host: to, port: 54 }, [{ host: listening, port: 53 }], interfaces)).toBe(false)
})

test('it is enough that one of the sockets is there', () => {
  const listening = [
    { host: '127.0.0.1', port: 5300 },
    { host: '::1', port: 53 },
  ]
  expect(isOwn({ host: '::1', port: 53 }, listening, interfaces)).toBe(true)
  expect(isOwn({ host: '::1', port: 53 }, [], interfaces)).toBe(false)
})
