import { type Message, RrClass, RrType, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import dnsPacket from 'dns-packet'
import { interleaved, printTable } from './measure.ts'

const COUNT = 100_000

const question: Message = {
  id: 0x1234,
  response: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [{ name: parseName('www.example.com.'), type: RrType.A, class: RrClass.IN }],
  answers: [],
  authorities: [],
  additionals: [],
  // What dig sends: EDNS with a cookie.
  edns: {
    payloadSize: 1232,
    version: 0,
    dnssecOk: false,
    flags: 0,
    options: [{ code: 10, data: new Uint8Array(8) }],
  },
}

const reply: Message = {
  ...question,
  response: true,
  answers: Array.from({ length: 4 }, (_, n) => ({
    name: parseName('www.example.com.'),
    type: RrType.A,
    class: RrClass.IN,
    ttl: 300,
    rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, n) },
  })),
}

/** The codec next to dns-packet, the codec that most Node programs use. */
export async function benchCodec(): Promise<void> {
  for (const [what, message] of [
    ['a typical query', question],
    ['a reply with four addresses', reply],
  ] as const) {
    const bytes = encodeMessage(message)
    const buffer = Buffer.from(bytes)
    const theirs = dnsPacket.decode(buffer)
    printTable(
      `Decode ${what} (${bytes.length} octets)`,
      await interleaved([
        { what: '@signpost/dns', count: COUNT, run: times(() => decodeMessage(bytes)) },
        { what: 'dns-packet', count: COUNT, run: times(() => dnsPacket.decode(buffer)) },
      ]),
    )
    printTable(
      `Encode ${what}`,
      await interleaved([
        { what: '@signpost/dns', count: COUNT, run: times(() => encodeMessage(message)) },
        { what: 'dns-packet', count: COUNT, run: times(() => dnsPacket.encode(theirs)) },
      ]),
    )
  }
  const bytes = encodeMessage(question)
  printTable('Heap taken by decoding a typical query', [
    { what: '@signpost/dns', unit: 'B', runs: allocations(() => decodeMessage(bytes)), better: 'lower' },
    {
      what: 'dns-packet',
      unit: 'B',
      runs: allocations(() => dnsPacket.decode(Buffer.from(bytes))),
      better: 'lower',
    },
  ])
}

// The results go somewhere the optimizer cannot prove unused.
let sink: unknown

function times(work: () => unknown): (count: number) => void {
  return count => {
    for (let n = 0; n < count; n++) sink = work()
  }
}

/** Octets of heap an operation takes: short runs, of which those without a garbage collection in them count. */
function allocations(work: () => unknown): number[] {
  const SHORT = 500
  const found: number[] = []
  for (let attempt = 0; attempt < 200 && found.length < 7; attempt++) {
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < SHORT; n++) sink = work()
    const taken = process.memoryUsage().heapUsed - before
    if (taken > 0) found.push(taken / SHORT)
  }
  return sink === undefined ? [] : found
}
