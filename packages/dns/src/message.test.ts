import dnsPacket from 'dns-packet'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EdnsOption, decodeExtendedError, encodeExtendedError, printExtendedError } from './edns.ts'
import { InvalidRdataError, MalformedMessageError } from './errors.ts'
import { type Message, decodeHeader, decodeMessage, encodeMessage, encodeMessageWithin } from './message.ts'
import { Name, parseName } from './name.ts'
import { createQuery } from './query.ts'
import type { ResourceRecord } from './record.ts'
import { RrClass, RrType } from './rr-type.ts'

const question = { name: parseName('www.example.'), type: RrType.A, class: RrClass.IN }
const base: Message = createQuery(question, { id: 0x1234 })

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const cname = (owner: string, target: string): ResourceRecord => ({
  name: parseName(owner),
  type: RrType.CNAME,
  class: RrClass.IN,
  ttl: 300,
  rdata: { kind: 'CNAME', target: parseName(target) },
})

const name = fc
  .array(fc.constantFrom('a', 'B', 'www', 'example', 'x'.repeat(63), '*', '_sip'), { maxLength: 3 })
  .map(labels => (labels.length === 0 ? Name.root : parseName(`${labels.join('.')}.`)))
const record: fc.Arbitrary<ResourceRecord> = fc.record({
  name,
  type: fc.constant(RrType.MX),
  class: fc.constant(RrClass.IN),
  ttl: fc.integer({ min: 0, max: 0x7fffffff }),
  rdata: fc.record({ kind: fc.constant('MX' as const), preference: fc.nat(0xffff), exchange: name }),
})
const option: fc.Arbitrary<EdnsOption> = fc.record({
  code: fc.nat(0xffff),
  data: fc.uint8Array({ maxLength: 20 }),
})
const message: fc.Arbitrary<Message> = fc
  .record({
    id: fc.nat(0xffff),
    response: fc.boolean(),
    opcode: fc.nat(15),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    questions: fc.array(fc.record({ name, type: fc.nat(0xffff), class: fc.nat(0xffff) }), { maxLength: 2 }),
    answers: fc.array(record, { maxLength: 6 }),
    authorities: fc.array(record, { maxLength: 2 }),
    additionals: fc.array(record, { maxLength: 2 }),
  })
  .chain(rest =>
    fc.oneof(
      fc.record({ rcode: fc.nat(15) }).map(({ rcode }) => ({ ...rest, rcode })),
      fc
        .record({
          rcode: fc.nat(4095),
          edns: fc.record({
            payloadSize: fc.nat(0xffff),
            version: fc.constant(0),
            dnssecOk: fc.boolean(),
            flags: fc.nat(0x7fff),
            options: fc.array(option, { maxLength: 4 }),
          }),
        })
        .map(edns => ({ ...rest, ...edns })),
    ),
  )

/** A view that compares by value: names as exact text, octets as arrays. */
const plain = (value: Message): unknown => JSON.parse(JSON.stringify(value))

test('every message decodes to what was encoded, letters of names in their case', () => {
  fc.assert(
    fc.property(message, value => {
      expect(plain(decodeMessage(encodeMessage(value), { trailing: 'refuse' }))).toEqual(plain(value))
    }),
  )
})

test('a message cut anywhere is MALFORMED_MESSAGE', () => {
  const whole = encodeMessage({
    ...base,
    answers: [cname('www.example.', 'a.example.')],
    edns: {
      payloadSize: 1232,
      version: 0,
      dnssecOk: true,
      flags: 0,
      options: [{ code: 10, data: octets('01') }],
    },
  })
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeMessage(whole.subarray(0, length))).toThrow(MalformedMessageError)
})

test('any octets are a message or MALFORMED_MESSAGE', () => {
  const mutated = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 8 }))
    .map(([value, changes]) => {
      const bytes = encodeMessage(value)
      for (const [at, octet] of changes) bytes[at % bytes.length] = octet
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), bytes => {
      try {
        encodeMessage(decodeMessage(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
    }),
    { numRuns: 5000 },
  )
})

test('names compress against earlier ones and read back', () => {
  const bytes = encodeMessage({
    ...base,
    response: true,
    answers: [cname('www.example.', 'cdn.example.'), cname('cdn.example.', 'www.example.')],
  })
  expect(
    Buffer.from(bytes).toString('hex').endsWith('c029 0005 0001 0000012c 0002 c00c'.replaceAll(' ', '')),
  ).toBe(true)
})

const HEADER = '1234 0100 0001 0000 0000 0000'
test.each([
  ['a pointer to itself', `${HEADER} c00c 0001 0001`],
  ['a pointer forward', `${HEADER} c00e 00 0001 0001`],
  ['two pointers in a loop', `${HEADER} 0161 c00c 0001 0001`],
  ['a pointer into the middle of its own name', `${HEADER} 0161 0162 c00e 0001 0001`],
  ['a label type that does not exist', `${HEADER} 4061 00 0001 0001`],
  ['half a pointer', `${HEADER} c0`],
  ['a question that is not there', HEADER],
  ['two OPT records', `1234 0100 0000 0000 0000 0002 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000`],
  ['an OPT record with an owner', '1234 0100 0000 0000 0000 0001 0161 00 0029 04d0 00000000 0000'],
  ['an OPT record in the answer section', '1234 8100 0000 0001 0000 0000 00 0029 04d0 00000000 0000'],
  ['an option longer than its record', '1234 0100 0000 0000 0000 0001 00 0029 04d0 00000000 0004 000a 0005'],
  ['rdata longer than its fields', '1234 8100 0000 0001 0000 0000 00 0002 0001 00000000 0002 0000'],
  ['rdata shorter than its fields', '1234 8100 0000 0001 0000 0000 00 0001 0001 00000000 0002 0005'],
  ['rdata longer than the message', '1234 8100 0000 0001 0000 0000 00 0010 0001 00000000 0020 00'],
])('%s is MALFORMED_MESSAGE', (_, hex) => {
  expect(() => decodeMessage(octets(hex))).toThrow(MalformedMessageError)
})

/** A message whose one answer has such rdata. */
const withRdata = (type: number, hex: string): Uint8Array => {
  const rdata = octets(hex)
  const head = Buffer.from([type >>> 8, type & 0xff, 0, 1, 0, 0, 0, 60, rdata.length >>> 8, rdata.length])
  return Uint8Array.from([...octets('1234 8100 0000 0001 0000 0000 0161 00'), ...head, ...rdata])
}

test.each([
  ['a CAA tag with a hyphen', RrType.CAA, '00 03 782d79 61'],
  ['a LOC record with a size that there is not', RrType.LOC, '00 a0 16 13 80000000 80000000 00989680'],
  ['a TLSA record without data', RrType.TLSA, '03 01 01'],
  ['an HTTPS record with half a port', RrType.HTTPS, '0001 00 0003 0001 50'],
  ['a TXT record without strings', RrType.TXT, ''],
  ['an SRV record that ends too soon', RrType.SRV, '0001 0002'],
  ['an MX record with octets behind its name', RrType.MX, '000a 0162 00 ff'],
])('%s is kept as octets, as it came, or refused where the caller says so', (_, type, hex) => {
  const bytes = withRdata(type, hex)
  const message = decodeMessage(bytes)
  expect(message.answers[0]?.rdata).toEqual({ kind: 'UNKNOWN', octets: octets(hex) })
  expect(encodeMessage(message)).toEqual(bytes)
  expect(() => decodeMessage(bytes, { badRdata: 'refuse' })).toThrow(MalformedMessageError)
})

test.each([
  ['an MX record behind a compressed name', RrType.MX, '000a c00c ff'],
  ['an HTTPS record behind a compressed name', RrType.HTTPS, '0001 c00c 0003 0001 50'],
  ['an SRV record with a pointer forward', RrType.SRV, '0001 0002 0003 c0ff'],
  ['an address of three octets', RrType.A, '7f0000'],
  ['an address of five octets', RrType.A, '7f00000101'],
  ['an IPv6 address of four octets', RrType.AAAA, '7f000001'],
  ['an alias with octets behind it', RrType.CNAME, '0162 00 ff'],
  ['a redirection that ends too soon', RrType.DNAME, '0362'],
  ['a name server that is no name', RrType.NS, '4062'],
  ['an SOA record that ends too soon', RrType.SOA, '00 00 00000001'],
])('octets of %s mean nothing elsewhere, or would mislead: MALFORMED_MESSAGE', (_, type, hex) => {
  expect(() => decodeMessage(withRdata(type, hex))).toThrow(MalformedMessageError)
})

test('of an EDNS version that is not known here, only the version is read', () => {
  const { edns } = decodeMessage(octets('1234 0100 0000 0000 0000 0001 00 0029 04d0 00010000 0001 ff'))
  expect(edns).toMatchObject({ version: 1, options: [] })
})

test('a long chain of pointers ends at 255 octets, however it is built', () => {
  // Each step adds a 63-octet label in front of a pointer to the step before.
  const parts: number[] = [...octets('1234 0100 0005 0000 0000 0000')]
  let previous = -1
  for (let step = 0; step < 5; step++) {
    const here = parts.length
    parts.push(63, ...new Array<number>(63).fill(0x61))
    if (previous < 0) parts.push(0)
    else parts.push(0xc0 | (previous >> 8), previous & 0xff)
    parts.push(0, 1, 0, 1)
    previous = here
  }
  expect(() => decodeMessage(Uint8Array.from(parts))).toThrow('255')
})

test('a decoded message keeps its values when the receive buffer is used again', () => {
  const edns = {
    payloadSize: 1232,
    version: 0,
    dnssecOk: false,
    flags: 0,
    options: [{ code: 10, data: octets('0102') }],
  }
  const buffer = Buffer.from(encodeMessage({ ...base, edns }))
  const message = decodeMessage(buffer)
  const before = JSON.stringify(message)
  buffer.fill(0xff)
  expect(JSON.stringify(message)).toBe(before)
  expect(message.questions[0]?.name.toString()).toBe('www.example.')
})

test('octets after the message are ignored or refused, as the caller says', () => {
  const bytes = Uint8Array.from([...encodeMessage(base), 0])
  expect(decodeMessage(bytes).questions).toHaveLength(1)
  expect(() => decodeMessage(bytes, { trailing: 'refuse' })).toThrow(MalformedMessageError)
})

test('the header is readable where the rest is not', () => {
  expect(decodeHeader(octets('abcd 2900 0001 0000 0000 0000'))).toMatchObject({
    id: 0xabcd,
    opcode: 5,
    recursionDesired: true,
  })
  expect(() => decodeHeader(octets('abcd 29'))).toThrow(MalformedMessageError)
})

test('an rcode over 15 travels in EDNS and nowhere else', () => {
  const edns = { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [] }
  const bytes = encodeMessage({ ...base, rcode: 16, edns })
  expect(decodeMessage(bytes).rcode).toBe(16)
  expect(() => encodeMessage({ ...base, rcode: 16 })).toThrow(InvalidRdataError)
})

test('a message that is too large loses its additional records first, then all records, with TC set', () => {
  const answers = Array.from({ length: 10 }, (_, n) => cname('www.example.', `a${n}.example.`))
  const whole: Message = { ...base, response: true, answers, additionals: answers }
  const size = encodeMessage(whole).length
  expect(decodeMessage(encodeMessageWithin(whole, size)).additionals).toHaveLength(10)
  const trimmed = decodeMessage(encodeMessageWithin(whole, size - 1))
  expect([trimmed.answers.length, trimmed.additionals.length, trimmed.truncated]).toEqual([10, 0, false])
  const cut = decodeMessage(encodeMessageWithin(whole, 100))
  expect([cut.answers.length, cut.questions.length, cut.truncated]).toEqual([0, 1, true])
})

test('a message is the one that dns-packet reads, and the other way round', () => {
  // dns-packet reads the data of options that it knows and fails on what it finds there: only codes for local use.
  const readable = message.map(value =>
    value.edns === undefined
      ? value
      : {
          ...value,
          edns: { ...value.edns, options: value.edns.options.map(({ data }) => ({ code: 65_001, data })) },
        },
  )
  fc.assert(
    fc.property(readable, value => {
      const theirs = dnsPacket.decode(Buffer.from(encodeMessage(value)))
      expect(theirs.id).toBe(value.id)
      expect(
        theirs.answers?.map(answer => (answer.type === 'MX' ? answer.data.preference : undefined)),
      ).toEqual(
        value.answers.map(answer => (answer.rdata.kind === 'MX' ? answer.rdata.preference : undefined)),
      )
      expect(theirs.questions?.length).toBe(value.questions.length)
    }),
    { numRuns: 300 },
  )
  const bytes = dnsPacket.encode({
    type: 'response',
    id: 7,
    flags: dnsPacket.AUTHORITATIVE_ANSWER,
    questions: [{ type: 'MX', name: 'Example.net' }],
    answers: [
      { type: 'MX', name: 'example.net', ttl: 60, data: { preference: 10, exchange: 'mail.example.net' } },
    ],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1400,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0x8000,
        flag_do: true,
        options: [],
      },
    ],
  })
  const ours = decodeMessage(bytes)
  expect(ours).toMatchObject({ id: 7, response: true, authoritative: true })
  expect(ours.edns).toMatchObject({ payloadSize: 1400, dnssecOk: true })
  expect(plain(ours)).toMatchObject({
    questions: [{ name: 'Example.net.' }],
    answers: [{ name: 'example.net.', ttl: 60, rdata: { preference: 10, exchange: 'mail.example.net.' } }],
  })
})

test('an extended error carries a code and printable text', () => {
  const data = encodeExtendedError({ infoCode: 22, text: 'no record found – sorry\n' })
  expect(decodeExtendedError(data)).toEqual({ infoCode: 22, text: 'no record found ? sorry?' })
  expect(printExtendedError(22)).toBe('NO_REACHABLE_AUTHORITY')
  expect(printExtendedError(999)).toBe('EDE999')
  expect(decodeExtendedError({ code: 15, data: octets('00') })).toBeUndefined()
})
