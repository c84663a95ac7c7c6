import { type Message, Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explanations, plainEdns, queryFor } from '../asking.test-support.ts'
import { gatewayInProcess } from '../in-process.test-support.ts'
import { readPacket } from './guard.ts'

const gateway = gatewayInProcess()
const client = { address: '127.0.0.1', port: 40_000 }
const send = async (packet: Uint8Array): Promise<Message | undefined> => {
  const reply = await gateway.service(packet, 'udp', client)
  return reply && decodeMessage(reply)
}
const good = encodeMessage(queryFor('signpost.internal', 'SOA'))

/** The packet with octets replaced from an offset on. */
function patched(at: number, ...octets: number[]): Uint8Array {
  const packet = good.slice()
  packet.set(octets, at)
  return packet
}

test('a response gets silence, and so does what has no whole header', async () => {
  expect(await send(patched(2, 0x81))).toBeUndefined()
  for (let length = 0; length < 12; length++) expect(await send(good.subarray(0, length))).toBeUndefined()
})

test.each([1, 2, 4, 5, 6, 15])('opcode %i is NOTIMP with the ID and opcode of the query', async opcode => {
  expect(await send(patched(2, (opcode << 3) | 1))).toMatchObject({
    id: 0x1234,
    rcode: Rcode.NOTIMP,
    opcode,
    response: true,
    recursionDesired: true,
  })
})

test.each([
  ['no question', patched(5, 0)],
  [
    'two questions',
    encodeMessage({ ...queryFor('a.example'), questions: Array(2).fill(queryFor('b').questions[0]) }),
  ],
  ['many questions', patched(4, 0xff, 0xff)],
  ['a question that is cut off', good.subarray(0, 20)],
  ['a name that points to itself', patched(12, 0xc0, 12)],
  ['a name that points forwards', patched(12, 0xc0, 14)],
  ['more records than there are', patched(7, 1)],
  ['two OPT records', withTwoOpts()],
  ['type 0', encodeMessage(queryFor('a.example', 'TYPE0'))],
  ['OPT as type', encodeMessage(queryFor('a.example', 'OPT'))],
  ['NXNAME as type', encodeMessage(queryFor('a.example', 'TYPE128'))],
])('%s is FORMERR with the ID of the query', async (_, packet) => {
  expect(await send(packet)).toMatchObject({ id: 0x1234, rcode: Rcode.FORMERR, answers: [], response: true })
})

function withTwoOpts(): Uint8Array {
  const opt = good.subarray(good.length - 11)
  const packet = new Uint8Array([...good, ...opt])
  packet[11] = 2
  return packet
}

test('octets behind the message are ignored', async () => {
  const reply = await send(new Uint8Array([...good, 1, 2, 3]))
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, questions: [{ type: 6 }] })
})

test('an EDNS version other than 0 is BADVERS, with version 0 in the reply, before anything else is looked at', async () => {
  const edns = { ...plainEdns, version: 1 }
  const reply = await send(encodeMessage(queryFor('a.example', 'AXFR', { edns })))
  expect(reply).toMatchObject({ rcode: Rcode.BADVERS, edns: { version: 0 } })
})

test('so is one whose options are laid out in another way', async () => {
  const edns = { ...plainEdns, version: 1 }
  const packet = encodeMessage(queryFor('a.example', 'A', { edns }))
  packet[packet.length - 1] = 1
  expect(await send(Uint8Array.from([...packet, 0xff]))).toMatchObject({ rcode: Rcode.BADVERS })
})

test('unknown EDNS options and flags are ignored', async () => {
  const edns = { ...plainEdns, flags: 0x7fff, options: [{ code: 65_001, data: new Uint8Array(40) }] }
  const reply = await send(encodeMessage(queryFor('signpost.internal', 'SOA', { edns })))
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, edns: { flags: 0, options: [] } })
})

test.each([
  ['CH', 3, 'class CH'],
  ['HS', 4, 'class HS'],
  ['NONE', 254, 'class NONE'],
  ['ANY', 255, 'class ANY'],
  ['one that nobody knows', 7, 'class CLASS7'],
])('class %s is REFUSED with a reason', async (_, rrClass, reason) => {
  const { questions, ...rest } = queryFor('version.bind', 'TXT')
  const reply = await send(encodeMessage({ ...rest, questions: [{ ...questions[0]!, class: rrClass }] }))
  expect(reply?.rcode).toBe(Rcode.REFUSED)
  expect(explanations(reply!)[0]).toContain(reason)
})

test.each(['AXFR', 'IXFR', 'TSIG', 'TYPE249', 'TYPE253', 'TYPE254', 'TYPE129'])(
  'type %s is REFUSED',
  async type => {
    const reply = await send(encodeMessage(queryFor('signpost.internal', type)))
    expect(reply?.rcode).toBe(Rcode.REFUSED)
    expect(explanations(reply!)).toHaveLength(1)
  },
)

test('the letters of the question come back as they were', async () => {
  const reply = await send(encodeMessage(queryFor('SiGnPoSt.InTeRnAl', 'SOA')))
  expect(reply?.questions[0]?.name.toString()).toBe('SiGnPoSt.InTeRnAl.')
  expect(reply?.answers[0]?.name.toString()).toBe('SiGnPoSt.InTeRnAl.')
})

test('no packet at all makes reading it throw, and only responses and lost headers get silence', () => {
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length))
    .map(([changes, length]) => {
      const packet = good.slice()
      for (const [at, octet] of changes) packet[at] = octet
      return packet.subarray(0, length)
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), packet => {
      const received = readPacket(packet)
      const silent = packet.length < 12 || (packet[2] as number) >= 0x80
      expect(received.kind === 'silence').toBe(silent)
      if (received.kind === 'refusal')
        expect(received.asked.id).toBe(((packet[0] as number) << 8) | (packet[1] as number))
    }),
    { numRuns: 2000 },
  )
})
