import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Server, createServer } from 'node:net'
import {
  type Message,
  Rcode,
  type ResourceRecord,
  decodeMessage,
  encodeMessage,
  parseName,
  parseZoneFile,
} from '@signpost/dns'
import { framed } from './exchange.ts'
import { Random } from './random.ts'
import type { At } from './servers.ts'
import { mutate } from './messages.ts'

/** One in how many replies has a broken one before it. */
const BROKEN = 10

export interface Upstream extends AsyncDisposable {
  readonly at: At
  /** From now on, nothing that it sends is broken. */
  calm(): void
}

/**
 * A resolver that knows something about every name, and says it right; but before some of its replies it sends the same
 * one broken, as forgers and bad servers do.
 */
export async function startUpstream(seed: number): Promise<Upstream> {
  const random = new Random(seed)
  let isCalm = false
  const repliesTo = (query: Uint8Array): Uint8Array[] => {
    const reply = replyTo(query)
    if (reply === undefined) return []
    const id = ((reply[0] as number) << 8) | (reply[1] as number)
    return !isCalm && random.once(BROKEN) ? [mutate(random, [reply], id), reply] : [reply]
  }
  for (;;) {
    const udp = createSocket('udp4')
    udp.on('message', (query, { port, address }) => {
      for (const reply of repliesTo(query)) udp.send(reply, port, address)
    })
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    const { port } = udp.address()
    const tcp = await listenTcp(port, repliesTo)
    if (tcp !== undefined)
      return {
        at: { host: '127.0.0.1', port },
        calm: () => {
          isCalm = true
        },
        async [Symbol.asyncDispose]() {
          udp.close()
          await new Promise(resolve => tcp.close(resolve))
        },
      }
    udp.close()
  }
}

/** Undefined where the port is taken. */
async function listenTcp(
  port: number,
  repliesTo: (query: Uint8Array) => Uint8Array[],
): Promise<Server | undefined> {
  const tcp = createServer(socket => {
    let unread = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      unread = Buffer.concat([unread, chunk as Buffer])
      while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE()) {
        const end = 2 + unread.readUInt16BE()
        for (const reply of repliesTo(unread.subarray(2, end))) socket.write(framed(reply))
        unread = unread.subarray(end)
      }
    })
  })
  tcp.listen(port, '127.0.0.1')
  try {
    await once(tcp, 'listening')
    return tcp
  } catch {
    return undefined
  }
}

const SOA = recordsIn('example.net. 60 SOA ns host 1 2 3 4 60')

/** By the length of the name: an address, an alias, many addresses, or nothing. */
function replyTo(octets: Uint8Array): Uint8Array | undefined {
  let query: Message
  try {
    query = decodeMessage(Uint8Array.from(octets))
  } catch {
    return undefined
  }
  const [question] = query.questions
  if (question === undefined) return undefined
  const reply: Message = { ...query, response: true, recursionAvailable: true }
  const named = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.map((record, n) => (n === 0 ? { ...record, name: question.name } : record))
  switch (question.name.wire.length % 4) {
    case 0:
      return encodeMessage({ ...reply, answers: named(ADDRESS) })
    case 1:
      return encodeMessage({ ...reply, answers: named(ALIAS) })
    case 2:
      return encodeMessage({ ...reply, authorities: SOA })
    default:
      return encodeMessage({ ...reply, rcode: Rcode.NXDOMAIN, authorities: SOA })
  }
}

const ADDRESS = recordsIn('a.example.net. 60 A 192.0.2.1')
const ALIAS = recordsIn('a.example.net. 60 CNAME b.example.net.\nb.example.net. 60 A 192.0.2.2')

function recordsIn(text: string): ResourceRecord[] {
  return parseZoneFile(`${text}\n`, { origin: parseName('example.net.'), defaultTtl: 60 })
}
