import { expect, test } from 'vitest'
import { addressOctets } from '../../abuse/network.ts'
import { isGlobal } from './global-address.ts'

test.each([
  ['93.184.216.34', true],
  ['223.255.255.255', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['169.254.1.1', false],
  ['172.16.0.1', false],
  ['192.0.2.1', false],
  ['192.168.1.1', false],
  ['198.19.0.1', false],
  ['203.0.113.1', false],
  ['224.0.0.251', false],
  ['255.255.255.255', false],
  ['2606:2800:220:1::1', true],
  ['64:ff9b::5db8:d822', true],
  ['::', false],
  ['::1', false],
  ['64:ff9b::a00:1', false],
  ['2001:db8::1', false],
  ['3fff::1', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['ff02::fb', false],
])('%s can be somebody’s on the internet: %s', (address, global) => {
  expect(isGlobal(addressOctets(address)!)).toBe(global)
})
