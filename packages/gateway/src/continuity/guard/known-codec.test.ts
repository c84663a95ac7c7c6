import { RrClass, RrType, parseName, parseZoneFile } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LONGEST_GAP } from './judgement.ts'
import { type Knowledge, identityOf } from './knowledge.ts'
import { decodeDoubt, decodeKnowledge, encodeDoubt, encodeKnowledge } from './known-codec.ts'

const question = { name: parseName('www.example.'), type: RrType.A, class: RrClass.IN }
const [alias, address] = parseZoneFile('www.example. 60 CNAME cdn.example.\ncdn.example. 5 A 192.0.2.1\n')
const signatures = parseZoneFile(
  'cdn.example. 5 TYPE46 \\# 31 00010d0200000e10ffffffff000000000001076578616d706c650061626300\n',
)
const knowledge: Knowledge = {
  records: [
    { identity: identityOf(alias!), record: alias!, firstSeen: 100, lastSeen: 900, isProved: true },
    { identity: identityOf(address!), record: address!, firstSeen: 500, lastSeen: 900, isProved: false },
  ],
  signatures,
}

test('what is known comes back, as old as it was when it was written', () => {
  const octets = encodeKnowledge(question, knowledge, 1000)
  const decoded = decodeKnowledge(octets, 5_000)
  expect(decoded?.question.name.equals(question.name)).toBe(true)
  expect(decoded?.knowledge.records).toMatchObject([
    { firstSeen: 4_100, lastSeen: 4_900, isProved: true },
    { firstSeen: 4_500, lastSeen: 4_900, isProved: false },
  ])
  expect(decoded?.knowledge.records.map(({ record }) => record.rdata)).toEqual([alias!.rdata, address!.rdata])
  expect(decoded?.knowledge.signatures).toHaveLength(1)
})

test('octets of any other kind are nothing, and do no harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), octets => {
      decodeKnowledge(octets, 0)
      decodeDoubt(octets, { steady: 0, time: 0 })
    }),
  )
  const octets = encodeKnowledge(question, knowledge, 1000)
  expect(decodeKnowledge(octets.subarray(0, -1), 0)).toBeUndefined()
  expect(
    decodeKnowledge(
      Uint8Array.from(octets, (octet, at) => (at === 0 ? 2 : octet)),
      0,
    ),
  ).toBeUndefined()
  expect(
    decodeKnowledge(
      Uint8Array.from(octets, (octet, at) => (at === 1 ? 1 : octet)),
      0,
    ),
  ).toBeUndefined()
})

test('whichever octet is changed, no record is from the future or newer than it was seen first', () => {
  const octets = encodeKnowledge(question, knowledge, 1000)
  fc.assert(
    fc.property(fc.nat(octets.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(octets, (octet, n) => (n === at ? octet ^ flip : octet))
      for (const { firstSeen, lastSeen } of decodeKnowledge(changed, 1000)?.knowledge.records ?? []) {
        expect(lastSeen).toBeLessThanOrEqual(1000)
        expect(firstSeen).toBeLessThanOrEqual(lastSeen)
      }
    }),
  )
})

const doubt = { trouble: 'no-data', since: 1_000, standing: 77, seenAt: 500 } as const

test.each([
  ['a moment later', 60_000, 60_000],
  ['after a night', 36_000_000, LONGEST_GAP],
  ['by a clock that was set back', -36_000_000, 0],
])('a doubt comes back with how long it stood, %s', (_when, away, gap) => {
  const octets = encodeDoubt(doubt, { steady: 600, time: 2_000_000 })
  expect(decodeDoubt(octets, { steady: 10, time: 2_000_000 - 100 + away })).toEqual({
    ...doubt,
    seenAt: 10 - gap,
  })
})

test('a doubt of another length or kind is none', () => {
  const octets = encodeDoubt(doubt, { steady: 600, time: 2_000_000 })
  const now = { steady: 0, time: 0 }
  expect(decodeDoubt(octets.subarray(1), now)).toBeUndefined()
  expect(
    decodeDoubt(
      Uint8Array.from(octets, (octet, at) => (at === 1 ? 9 : octet)),
      now,
    ),
  ).toBeUndefined()
  const nan = octets.slice()
  new DataView(nan.buffer).setFloat64(10, Number.NaN)
  expect(decodeDoubt(nan, now)).toBeUndefined()
})
