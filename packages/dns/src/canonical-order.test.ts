import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyName, hostName } from './arbitraries.test-support.ts'
import { compareNames, compareRdata, sameRdata } from './canonical-order.ts'
import { parseName } from './name.ts'
import { parseRdata } from './rdata/presentation.ts'
import { RrType } from './rr-type.ts'

const mx = (text: string) => parseRdata(RrType.MX, text)
const svcb = (text: string) => parseRdata(RrType.SVCB, text)
const txt = (text: string) => parseRdata(RrType.TXT, text)

test('names sort as in the example of RFC 4034, section 6.1', () => {
  const sorted = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    String.raw`\001.z.example.`,
    '*.z.example.',
    String.raw`\200.z.example.`,
  ]
  const names = sorted.map(text => parseName(text))
  expect(names.toReversed().sort(compareNames).map(String)).toEqual(sorted)
})

test('the order of names is total, and an ancestor comes first', () => {
  const name = fc.oneof(hostName, anyName)
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0)
      expect(compareNames(a, b) === 0).toBe(a.equals(b))
      if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0)
        expect(compareNames(a, c)).toBeLessThanOrEqual(0)
      if (!a.isRoot) expect(compareNames(a.parent, a)).toBeLessThan(0)
    }),
  )
})

test('letters count in the names of newer types only', () => {
  expect(sameRdata(RrType.MX, mx('10 Mail.example.'), mx('10 mail.EXAMPLE.'))).toBe(true)
  expect(sameRdata(RrType.SVCB, svcb('1 Mail.example.'), svcb('1 mail.example.'))).toBe(false)
  expect(sameRdata(RrType.MX, mx('10 mail.example.'), mx('11 mail.example.'))).toBe(false)
})

test('rdata sorts by octets, the shorter first', () => {
  expect(compareRdata(RrType.TXT, txt('a'), txt('a b'))).toBeLessThan(0)
  expect(compareRdata(RrType.TXT, txt(String.raw`\200`), txt('a'))).toBeGreaterThan(0)
  const unknown = { kind: 'UNKNOWN', octets: Uint8Array.of(1, 0x61) } as const
  expect(sameRdata(RrType.TXT, txt('a'), unknown)).toBe(true)
})
