import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { rcodeText, toHex } from '../notation.ts'
import { concat } from '../notation.ts'
import { framed, idOf } from '../exchange.ts'
import type { Random } from '../random.ts'
import { readReply } from '../reply.ts'
import type { At } from '../servers.ts'
import { isSilent, mutate } from '../messages.ts'

export interface FloodOptions {
  readonly at: At
  readonly corpus: readonly Uint8Array[]
  readonly random: Random
  /** Messages to send. */
  readonly count: number
  /** What came of floods before counts along. */
  readonly outcome: Outcome
}

/** What came of floods. */
export class Outcome {
  sent = 0
  silent = 0
  readonly rcodes = new Map<string, number>()
  /** In words, what should not have come, or should have and did not. */
  readonly complaints: string[] = []

  reply(octets: Uint8Array, id: number, limit: number): void {
    try {
      const reply = readReply(octets)
      const rcode = rcodeText(reply.rcode)
      this.rcodes.set(rcode, (this.rcodes.get(rcode) ?? 0) + 1)
      if (reply.id !== id || (reply.flags & 0x8000) === 0 || octets.length > limit)
        this.complain(`a reply is none, or too long: ${toHex(octets)}`)
    } catch (error) {
      this.complain(`a reply is broken, ${(error as Error).message}: ${toHex(octets)}`)
    }
  }

  complain(text: string): void {
    if (this.complaints.length < 20) this.complaints.push(text)
  }
}

/** In flight at once: so few that the kernel drops none. */
const WINDOW = 64
/** Octets that the gateway may send at most over UDP. */
const UDP_LIMIT = 1232
/** Milliseconds after which a reply does not come any more. */
const PATIENCE = 20_000

/** Sends messages over UDP, and waits for the reply to each that wants one. */
export async function floodUdp({ at, corpus, random, count, outcome }: FloodOptions): Promise<void> {
  const end = outcome.sent + count
  const socket = createSocket('udp4')
  socket.connect(at.port, at.host)
  await once(socket, 'connect')
  const waiting = new Map<number, () => void>()
  socket.on('message', octets => {
    const id = octets.readUInt16BE()
    outcome.reply(Uint8Array.from(octets), id, UDP_LIMIT)
    const settle = waiting.get(id)
    if (settle === undefined) outcome.complain(`a reply that nobody waits for: ${toHex(octets)}`)
    settle?.()
  })
  const lane = async (): Promise<void> => {
    while (outcome.sent < end) {
      const id = outcome.sent++ & 0xffff
      const message = mutate(random, corpus, id)
      if (isSilent(message)) {
        outcome.silent++
        socket.send(message)
        await new Promise(setImmediate)
      } else {
        const replied = new Promise<boolean>(resolve => {
          const timer = setTimeout(resolve, PATIENCE, false)
          waiting.set(id, () => {
            clearTimeout(timer)
            resolve(true)
          })
        })
        socket.send(message)
        if (!(await replied)) outcome.complain(`no reply to ${toHex(message)}`)
        waiting.delete(id)
      }
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, lane))
  socket.close()
  await once(socket, 'close')
}

const CONNECTIONS = 8
const PER_CONNECTION = 20

/**
 * Sends messages over TCP, twenty on a connection. Of four connections, three are streams of whole messages, each of which
 * has its reply; the fourth is a stream that breaks off or means nothing, which may end the connection and nothing else.
 */
export async function floodTcp({ at, corpus, random, count, outcome }: FloodOptions): Promise<void> {
  const end = outcome.sent + count
  const lane = async (): Promise<void> => {
    while (outcome.sent < end) {
      const messages = Array.from({ length: PER_CONNECTION }, (_, id) => mutate(random, corpus, id))
      outcome.sent += messages.length
      const isWhole = !random.once(4)
      // Without a header, a message ends the connection.
      const sent = isWhole ? messages.filter(({ length }) => length >= 12) : messages
      const octets = concat(sent.map(framed))
      const replies = await converse(at, isWhole ? octets : broken(random, octets))
      for (const reply of replies) outcome.reply(reply, idOf(reply), 0xffff)
      if (!isWhole) continue
      const wanted = sent.filter(message => !isSilent(message)).map(idOf)
      outcome.silent += PER_CONNECTION - wanted.length
      const given = replies.map(idOf)
      if (sorted(given) !== sorted(wanted))
        outcome.complain(`replies to ${sorted(given)} where ${sorted(wanted)} are due: ${toHex(octets)}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
}

function sorted(ids: readonly number[]): string {
  return ids.toSorted((a, b) => a - b).join(' ')
}

function broken(random: Random, octets: Uint8Array): Uint8Array {
  const at = random.below(octets.length + 1)
  return random.once(2)
    ? octets.subarray(0, at)
    : concat([random.octets(random.below(300)), octets.subarray(at)])
}

/** Writes all, says that nothing more comes, and gives the messages that came until the server closed. */
async function converse(at: At, octets: Uint8Array): Promise<Uint8Array[]> {
  const socket = connect({ ...at, noDelay: true, allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('data', chunk => void chunks.push(chunk as Buffer))
  // The gateway may reset a connection on which it still has something to read.
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.end(octets)
  await closed
  const all = Buffer.concat(chunks)
  const messages: Uint8Array[] = []
  for (let at = 0; at + 2 <= all.length; at += 2 + all.readUInt16BE(at))
    messages.push(Uint8Array.from(all.subarray(at + 2, at + 2 + all.readUInt16BE(at))))
  return messages
}
