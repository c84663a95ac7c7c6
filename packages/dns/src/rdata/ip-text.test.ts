import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIpv4, parseIpv6, printIpv4, printIpv6 } from './ip-text.ts'

const hex = (octets: Uint8Array | undefined): string | undefined =>
  octets === undefined ? undefined : Buffer.from(octets).toString('hex')

test.each([
  // RFC 4291, section 2.2.
  ['ABCD:EF01:2345:6789:ABCD:EF01:2345:6789', 'abcdef0123456789abcdef0123456789'],
  ['2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a'],
  ['FF01::101', 'ff010000000000000000000000000101'],
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['0:0:0:0:0:0:13.1.68.3', '0000000000000000000000000d014403'],
  ['::FFFF:129.144.52.38', '00000000000000000000ffff81903426'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
  ['1::8', '00010000000000000000000000000008'],
])('%s is an IPv6 address', (text, octets) => {
  expect(hex(parseIpv6(text))).toBe(octets)
})

test.each([
  '',
  ':',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1::2::3',
  '12345::',
  '1:2:3:4:5:6:7:',
  ':1:2:3:4:5:6:7',
  '::g',
  '1.2.3.4',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '::1.2.3',
  '::01.2.3.4',
  'fe80::1%1',
  '[::1]',
  ' ::1',
])('"%s" is no IPv6 address', text => {
  expect(parseIpv6(text)).toBeUndefined()
})

test.each([
  // RFC 5952, sections 4 and 5.
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  ['00000000000000000000000000000000', '::'],
  ['00010000000000000000000000000000', '1::'],
  ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['0000000000000000000000000d014403', '::d01:4403'],
])('%s is printed as %s', (octets, text) => {
  expect(printIpv6(Uint8Array.from(Buffer.from(octets, 'hex')))).toBe(text)
})

test('addresses are what Node takes for addresses', () => {
  const almost = fc.stringMatching(/^[0-9a-f:.]{0,24}$/)
  const groups = fc
    .array(fc.constantFrom('0', '1', 'ffff', '00ab', '', '1.2.3.4', '255.255.255.255', '12345'), {
      maxLength: 9,
    })
    .map(list => list.join(':'))
  fc.assert(
    fc.property(fc.oneof(almost, groups), text => {
      expect(parseIpv6(text) !== undefined).toBe(isIPv6(text))
      expect(parseIpv4(text) !== undefined).toBe(isIPv4(text))
    }),
    { numRuns: 5000 },
  )
})

test('an address reads back from its text, and its text is canonical', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xab), { minLength: 8, maxLength: 8 }),
      groups => {
        const octets = Uint8Array.from(groups.flatMap(group => [group >>> 8, group & 0xff]))
        const text = printIpv6(octets)
        expect(hex(parseIpv6(text))).toBe(hex(octets))
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1)
        if (!text.includes('.')) expect(text).toBe(canonical)
      },
    ),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), octets => {
      expect(hex(parseIpv4(printIpv4(octets)))).toBe(hex(octets))
    }),
  )
})
