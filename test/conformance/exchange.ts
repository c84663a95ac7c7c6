import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Transport } from './case.ts'
import { concat } from './notation.ts'
import type { At } from './servers.ts'

/** Milliseconds after which a server that owes a reply is taken to stay silent. */
const PATIENCE = 8000

/**
 * One message and its reply, undefined where there is none.
 * @param sentinel where silence is expected: a query that is answered at once. Its second answer says that there is
 * nothing more to come for the message before it, so that nobody has to wait to hear nothing.
 * @throws where the sentinel is not answered either, and no connection was closed instead: the silence of a server that is
 * dead, or hangs, says nothing about the message.
 */
export async function exchange(
  at: At,
  transport: Transport,
  message: Uint8Array,
  sentinel?: Uint8Array,
): Promise<Uint8Array | undefined> {
  await using link = transport === 'udp' ? await openUdp(at) : await openTcp(at)
  link.send(message)
  if (sentinel === undefined) return await link.next()
  for (let n = 0; n < 2; n++) {
    link.send(sentinel)
    const reply = await link.next()
    if (reply === undefined) {
      if (transport === 'tcp' && link.isClosed) return undefined
      throw new Error(`${at.host} port ${at.port} does not answer a good query either`)
    }
    if (reply[0] !== sentinel[0] || reply[1] !== sentinel[1]) return reply
  }
  return undefined
}

/** The identifier of a message (RFC 1035, section 4.1.1). */
export function idOf([high = 0, low = 0]: Uint8Array): number {
  return (high << 8) | low
}

/** What came back on a connection. */
export interface Replies {
  readonly messages: readonly Uint8Array[]
  /** The server has closed it, where not all came. Else it hangs. */
  readonly isClosed: boolean
}

/**
 * Octets over a TCP connection, and the messages that come back until all with these identifiers are here, or no more come.
 * @param end whether to say that nothing more comes.
 */
export async function stream(
  at: At,
  writes: readonly Uint8Array[],
  ids: readonly number[],
  end: boolean,
): Promise<Replies> {
  await using link = await openTcp(at)
  for (const octets of writes) await link.write(octets)
  if (end) link.end()
  const messages: Uint8Array[] = []
  const awaited = new Set(ids)
  while (awaited.size > 0) {
    const reply = await link.next()
    if (reply === undefined) break
    messages.push(reply)
    awaited.delete(idOf(reply))
  }
  return { messages, isClosed: link.isClosed }
}

/** A way to a server and back. */
interface Link extends AsyncDisposable {
  send(message: Uint8Array): void
  /** The next message that comes; undefined where the server closes instead, or for too long says nothing. */
  next(): Promise<Uint8Array | undefined>
  /** The other side has ended it, rather than said nothing. */
  readonly isClosed: boolean
}

interface TcpLink extends Link {
  /** Resolves once the octets are with the kernel, so that each write is a segment of its own. */
  write(octets: Uint8Array): Promise<void>
  end(): void
}

async function openUdp(at: At): Promise<Link> {
  const socket = createSocket(at.host.includes(':') ? 'udp6' : 'udp4')
  socket.connect(at.port, at.host)
  await once(socket, 'connect')
  const inbox = new Inbox()
  socket.on('message', message => inbox.put(message))
  socket.on('error', () => inbox.end())
  return {
    send: message => {
      socket.send(message)
    },
    next: () => inbox.take(),
    isClosed: false,
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

async function openTcp(at: At): Promise<TcpLink> {
  const socket = connect({ ...at, noDelay: true, allowHalfOpen: true })
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  const inbox = new Inbox()
  socket.on('error', () => {})
  await once(socket, 'connect')
  let unread = Buffer.alloc(0)
  socket.on('data', chunk => {
    unread = Buffer.concat([unread, chunk as Buffer])
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE()) {
      const end = 2 + unread.readUInt16BE()
      inbox.put(unread.subarray(2, end))
      unread = unread.subarray(end)
    }
  })
  let isClosed = false
  const close = (): void => {
    isClosed = true
    inbox.end()
  }
  socket.on('end', close)
  socket.on('close', close)
  // Fails where the server has closed, which the replies show.
  const write = (octets: Uint8Array): Promise<void> =>
    new Promise(resolve => {
      if (socket.writable) socket.write(octets, () => resolve())
      else resolve()
    })
  return {
    write,
    end: () => {
      socket.end()
    },
    send: message => {
      void write(framed(message))
    },
    next: () => inbox.take(),
    get isClosed() {
      return isClosed
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
}

/** A message with its length before it. */
export function framed(message: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(message.length >>> 8, message.length & 0xff), message])
}

class Inbox {
  private readonly messages: Uint8Array[] = []
  private isOver = false
  private wake = Promise.withResolvers<void>()

  put(message: Uint8Array): void {
    this.messages.push(Uint8Array.from(message))
    this.signal()
  }

  end(): void {
    this.isOver = true
    this.signal()
  }

  async take(): Promise<Uint8Array | undefined> {
    const timer = setTimeout(() => this.end(), PATIENCE)
    try {
      while (this.messages.length === 0 && !this.isOver) await this.wake.promise
      return this.messages.shift()
    } finally {
      clearTimeout(timer)
    }
  }

  private signal(): void {
    this.wake.resolve()
    this.wake = Promise.withResolvers()
  }
}
