import {
  type Edns,
  type Message,
  type ResourceRecord,
  RrClass,
  createQuery,
  decodeExtendedError,
  parseName,
  parseRrType,
  printRecord,
} from '@signpost/dns'
import { createSocket } from 'node:dgram'
import { type Socket, createConnection } from 'node:net'
import { decodeMessage, encodeMessage } from '@signpost/dns'
import type { Endpoint } from './endpoint.ts'
import { FrameReader, frame } from './transports/frames.ts'

export const plainEdns: Edns = { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [] }

/** A client's query; `changes` replaces any part of it. */
export function queryFor(name: string, type = 'A', changes: Partial<Message> = {}): Message {
  const question = { name: parseName(name), type: parseRrType(type) ?? 0, class: RrClass.IN }
  return createQuery(question, { id: 0x1234, edns: plainEdns, ...changes })
}

/** The records in presentation form, for assertions that read like a zone file. */
export function lines(records: readonly ResourceRecord[]): string[] {
  return records.map(printRecord)
}

/** The extended errors of a reply, as `code text`. */
export function explanations(message: Message): string[] {
  return (message.edns?.options ?? []).flatMap(option => {
    const info = decodeExtendedError(option)
    return info === undefined ? [] : `${info.infoCode} ${info.text}`
  })
}

/** Sends octets over UDP and waits for one reply. */
export async function sendUdp(to: Endpoint, packet: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4')
  try {
    const reply = new Promise<Uint8Array>((resolve, reject) => {
      socket.once('message', resolve)
      socket.once('error', reject)
    })
    socket.send(packet, to.port, to.host)
    return await reply
  } finally {
    socket.close()
  }
}

export async function askUdp(to: Endpoint, message: Message): Promise<Message> {
  return decodeMessage(await sendUdp(to, encodeMessage(message)))
}

function connectTcp({ host, port }: Endpoint): Socket {
  return createConnection({ host, port, allowHalfOpen: true, noDelay: true })
}

/** A connection over TCP, or over what `connect` makes, whose replies are awaited one by one. */
export class TcpClient {
  readonly closed: Promise<void>
  private readonly socket: Socket
  private readonly frames = new FrameReader()
  private readonly arrived: Uint8Array[] = []
  private wake = Promise.withResolvers<void>()
  private isClosed = false

  constructor(to: Endpoint, connect: (to: Endpoint) => Socket = connectTcp) {
    this.socket = connect(to)
    this.socket.on('data', chunk => {
      this.arrived.push(...this.frames.push(chunk as Uint8Array))
      this.signal()
    })
    this.socket.on('error', () => {})
    this.closed = new Promise(resolve => {
      const close = (): void => {
        this.isClosed = true
        this.signal()
        resolve()
      }
      this.socket.on('end', close)
      this.socket.on('close', close)
    })
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets)
  }

  ask(message: Message): void {
    this.write(frame(encodeMessage(message)))
  }

  /** The next reply in the order of arrival; undefined once the server has closed. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const message = this.arrived.shift()
      if (message !== undefined) return decodeMessage(message)
      if (this.isClosed) return undefined
      await this.wake.promise
    }
  }

  endWriting(): void {
    this.socket.end()
  }

  stopReading(): void {
    this.socket.pause()
  }

  destroy(): void {
    this.socket.destroy()
  }

  private signal(): void {
    this.wake.resolve()
    this.wake = Promise.withResolvers()
  }
}

export async function askTcp(to: Endpoint, message: Message): Promise<Message> {
  const client = new TcpClient(to)
  try {
    client.ask(message)
    const reply = await client.next()
    if (reply === undefined) throw new Error('the server closed the connection without a reply')
    return reply
  } finally {
    client.destroy()
  }
}
