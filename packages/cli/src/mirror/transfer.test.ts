import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Message,
  Rcode,
  type ResourceRecord,
  RrClass,
  RrType,
  createQuery,
  encodeMessage,
  parseName,
  parseZoneFile,
  printRecord,
} from '@signpost/dns'
import { resourceRecord } from '../../../dns/src/arbitraries.test-support.ts'
import { TRANSFER_OCTETS } from './limits.ts'
import { type TransferStep, ZoneTransfer, isOlderSerial } from './transfer.ts'

const zone = parseName('example.com.')
const question = { name: zone, type: RrType.AXFR, class: RrClass.IN }
const ID = 0x1234

function records(text: string): ResourceRecord[] {
  return parseZoneFile(`$TTL 300\n${text.replaceAll('; ', '\n')}`, { origin: zone })
}

const [SOA, NEWER] = records('@ SOA ns host 7 1 1 1 1; @ SOA ns host 8 1 1 1 1') as [
  ResourceRecord,
  ResourceRecord,
]
const DATA = records('@ NS ns; ns A 192.0.2.53; www A 192.0.2.1; www AAAA 2001:db8::1')

function message(answers: readonly ResourceRecord[], changes: Partial<Message> = {}): Uint8Array {
  return encodeMessage(
    createQuery(question, { id: ID, response: true, authoritative: true, answers, ...changes }),
  )
}

interface Read {
  readonly step: TransferStep
  readonly taken: readonly string[]
  readonly transfer: ZoneTransfer
}

function read(messages: readonly Uint8Array[], { octets = TRANSFER_OCTETS.default, most = 1000 } = {}): Read {
  const taken: string[] = []
  const take = (record: ResourceRecord): boolean => {
    if (taken.length >= most) return false
    taken.push(printRecord(record))
    return true
  }
  const transfer = new ZoneTransfer({ zone, id: ID, octets, take })
  let step: TransferStep = { kind: 'more' }
  for (const octets of messages) step = transfer.push(octets)
  return { step, taken, transfer }
}

test('a zone in one message is whole at the SOA at its end', () => {
  const { step, taken, transfer } = read([message([SOA, ...DATA, SOA])])
  expect(step).toEqual({ kind: 'whole' })
  expect(taken).toEqual([SOA, ...DATA].map(printRecord))
  expect(transfer.soa?.serial).toBe(7)
})

test('a zone in many messages is whole at the last one, which need not repeat the question', () => {
  const each = [SOA, ...DATA, SOA].map((record, n) => message([record], n === 0 ? {} : { questions: [] }))
  expect(read(each.slice(0, -1)).step).toEqual({ kind: 'more' })
  expect(read(each).step).toEqual({ kind: 'whole' })
  expect(read(each).taken).toHaveLength(DATA.length + 1)
})

test('a zone of nothing but its SOA is a zone', () => {
  expect(read([message([SOA, SOA])])).toMatchObject({ step: { kind: 'whole' }, taken: [printRecord(SOA)] })
})

describe('is of no use', () => {
  const other = { ...question, name: parseName('example.org.') }
  const cases: readonly [name: string, messages: readonly Uint8Array[], reason: RegExp][] = [
    ['a refusal', [message([], { rcode: Rcode.REFUSED })], /refuses the transfer.*TSIG/],
    ['NOTAUTH', [message([], { rcode: 9 })], /does not have the zone/],
    ['SERVFAIL', [message([], { rcode: Rcode.SERVFAIL })], /SERVFAIL/],
    ['an error in the middle', [message([SOA]), message([], { rcode: Rcode.SERVFAIL })], /SERVFAIL/],
    ['another ID', [message([SOA, SOA], { id: 1 })], /no reply/],
    ['another ID in the middle', [message([SOA]), message([SOA], { id: 1 })], /no reply/],
    ['a query', [message([SOA, SOA], { response: false })], /no reply/],
    ['a NOTIFY', [message([SOA, SOA], { opcode: 4 })], /no reply/],
    ['a message that was cut short', [message([SOA, SOA], { truncated: true })], /cut short/],
    ['the answer to another question', [message([SOA, SOA], { questions: [other] })], /another question/],
    ['two questions', [message([SOA, SOA], { questions: [question, question] })], /another question/],
    [
      'an answer to a question for another type',
      [message([SOA, SOA], { questions: [{ ...question, type: RrType.SOA }] })],
      /another question/,
    ],
    ['no records', [message([])], /no records/],
    ['no SOA at the beginning', [message([...DATA, SOA])], /begin/],
    [
      'the SOA of another zone at the beginning',
      [message([{ ...SOA, name: parseName('www.example.com.') }])],
      /begin/,
    ],
    ['another serial at the end', [message([SOA, ...DATA, NEWER])], /another serial/],
    ['records behind the end', [message([SOA, ...DATA, SOA, ...DATA])], /behind the end/],
    ['three octets', [Uint8Array.of(1, 2, 3)], /broken message/],
    ['none', [new Uint8Array(0)], /broken message/],
  ]

  test.each(cases)('%s', (_name, messages, reason) => {
    const { step } = read(messages)
    expect(step).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) })
    // Whatever comes after.
    expect(read([...messages, message([SOA, ...DATA, SOA])]).step).toEqual(step)
  })

  test('more octets than it may have', () => {
    const octets = message([SOA, ...DATA])
    expect(read([octets], { octets: octets.length }).step).toEqual({ kind: 'more' })
    expect(read([octets, message([SOA])], { octets: octets.length }).step).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('larger') as string,
    })
  })

  test('more records than are wanted', () => {
    expect(read([message([SOA, ...DATA, SOA])], { most: 3 }).step).toMatchObject({
      reason: expect.stringContaining('too many records') as string,
    })
  })
})

const data = resourceRecord.filter(({ type }) => type !== RrType.SOA)

/** A zone, in messages that end where the numbers say. */
const transfers = fc
  .record({ data: fc.array(data, { maxLength: 30 }), cuts: fc.array(fc.nat(30), { maxLength: 6 }) })
  .map(({ data, cuts }) => {
    const all = [SOA, ...data, SOA]
    const ends = [...new Set([...cuts.filter(cut => cut > 0 && cut < all.length), all.length])].sort(
      (a, b) => a - b,
    )
    let from = 0
    const messages = ends.map(end => {
      const octets = message(all.slice(from, end))
      from = end
      return octets
    })
    return { data, messages }
  })

test('any zone is read as it was sent, however it is cut into messages', () => {
  fc.assert(
    fc.property(transfers, ({ data, messages }) => {
      const { step, taken } = read(messages)
      expect(step).toEqual({ kind: 'whole' })
      expect(taken).toEqual([SOA, ...data].map(printRecord))
    }),
  )
})

test('a transfer that ends early is never whole', () => {
  fc.assert(
    fc.property(transfers, fc.nat(), ({ messages }, n) => {
      const some = messages.slice(0, n % messages.length)
      expect(read(some).step.kind).toBe('more')
      const last = messages[some.length]!
      // A message that was cut is a broken one.
      expect(read([...some, last.subarray(0, last.length - 1 - (n % last.length))]).step.kind).toBe('failed')
    }),
  )
})

test('flipped octets are read or refused, and never thrown', () => {
  fc.assert(
    fc.property(transfers, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))), (sent, flips) => {
      const messages = sent.messages.map(octets => Uint8Array.from(octets))
      for (const [at, bits] of flips) {
        const octets = messages[at % messages.length]!
        const place = Math.floor(at / messages.length) % octets.length
        octets[place] = (octets[place] as number) ^ bits
      }
      expect(['more', 'whole', 'failed']).toContain(read(messages).step.kind)
    }),
    { numRuns: 2000 },
  )
})

test('any octets are read or refused, and never thrown', () => {
  const garbage = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 5 })
  fc.assert(
    fc.property(garbage, messages => {
      const { step } = read([message([SOA]), ...messages])
      expect(step.kind === 'failed').toBe(messages.length > 0)
    }),
  )
})

test('serials go round (RFC 1982)', () => {
  expect(isOlderSerial(1, 2)).toBe(true)
  expect(isOlderSerial(2, 1)).toBe(false)
  expect(isOlderSerial(2, 2)).toBe(false)
  expect(isOlderSerial(2 ** 32 - 1, 3)).toBe(true)
  expect(isOlderSerial(3, 2 ** 32 - 1)).toBe(false)
})
