import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Clients, isProxyAddress, sourceOfClient } from './clients.ts'

test.each([
  ['127.0.0.1', 'http'],
  ['::1', 'http'],
  ['192.168.1.7', '192.168.1.7'],
  ['198.41.0.4', '198.41.0.0/24'],
  ['2001:503:ba3e::2:30', '2001:503:ba3e::/48'],
  [undefined, 'http'],
])('a client at %s counts as %s', (address, source) => {
  expect(sourceOfClient(address)).toBe(source)
})

const clients = new Clients(['127.0.0.1', '198.41.0.0/24', '2001:db8::/32'])

test.each([
  ['127.0.0.1', true],
  ['127.0.0.2', false],
  ['198.41.0.77', true],
  ['198.41.1.77', false],
  ['2001:db8:1::1', true],
  ['::ffff:127.0.0.1', true],
  ['fe80::1%eth0', false],
  [undefined, false],
])('a connection from %s is a proxy’s: %s', (address, expected) => {
  expect(clients.isProxy(address)).toBe(expected)
})

test.each([
  ['203.0.113.9', 'what he says himself', '203.0.113.9', '8.8.8.8'],
  ['127.0.0.1', 'who came to the proxy', '8.8.8.8', '8.8.8.8'],
  ['127.0.0.1', 'who came to the first proxy', '8.8.8.8,198.41.0.1', '8.8.8.8'],
  ['127.0.0.1', 'nobody that the client made up', '1.1.1.1, 9.9.9.9, 8.8.8.8', '8.8.8.8'],
  ['127.0.0.1', 'what the proxy did not understand', '8.8.8.8, unknown', '127.0.0.1'],
  ['127.0.0.1', 'nothing', '', '127.0.0.1'],
  ['198.41.0.1', 'an address with a port', '8.8.8.8:4000', '198.41.0.1'],
])('of a connection from %s whose header has %s, the client is found', (remote, _, header, client) => {
  const expected = remote === '203.0.113.9' ? remote : client
  expect(clients.sourceOf(remote, header)).toBe(sourceOfClient(expected))
})

test('without proxies the header says nothing', () => {
  expect(new Clients([]).sourceOf('127.0.0.1', '8.8.8.8')).toBe('http')
})

test('no header whatever keeps a client from being told apart', () => {
  const header = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(fc.ipV4(), fc.ipV6())).map(String))
  fc.assert(
    fc.property(header, text => {
      expect(clients.sourceOf('127.0.0.1', text)).not.toBe('')
      expect(clients.sourceOf('127.0.0.1', `${text}, 8.8.8.8`)).toBe('8.8.8.0/24')
    }),
  )
})

test.each(['192.0.2.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])('%s is a proxy’s address', text => {
  expect(isProxyAddress(text)).toBe(true)
})

test.each([
  '',
  'localhost',
  '10.0.0.0/33',
  '10.0.0.0/',
  '/8',
  '10.0.0/8',
  '::1/129',
  'fe80::1%eth0',
  '1.2.3.4/8/8',
])('"%s" is none', text => {
  expect(isProxyAddress(text)).toBe(false)
})
