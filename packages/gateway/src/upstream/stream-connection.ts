import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Message } from '@signpost/dns'
import { FrameReader, frame } from '../transports/frames.ts'
import { Connection, type ConnectionParts, type ConnectionResult } from './connection.ts'
import type { Dialled } from './dial.ts'
import { decodeReply, isReplyTo } from './response.ts'
import { encodeForStream, keepaliveIn } from './stream-request.ts'

interface Asked {
  readonly request: Message
  readonly finish: (result: ConnectionResult) => void
}

/**
 * Over TCP or TLS, with replies in any order (RFC 7766, sections 6.2.1.1 and 7). Each request has an ID that no other
 * one has.
 */
export class StreamConnection extends Connection {
  private readonly socket: Socket
  private readonly isPadded: boolean
  private readonly longestIdle: number
  private readonly frames = new FrameReader()
  private readonly asked = new Map<number, Asked>()
  /** What waits for the connection to be open; undefined once it is. */
  private unsent: Uint8Array[] | undefined = []
  private problem = 'the connection was closed before it was open'

  /** @param isPadded whether requests are filled up: inside TLS. */
  constructor({ socket, readyEvent }: Dialled, isPadded: boolean, parts: ConnectionParts) {
    super(parts)
    this.socket = socket
    this.isPadded = isPadded
    this.longestIdle = parts.idle
    socket.once(readyEvent, () => {
      for (const octets of this.unsent ?? []) socket.write(octets)
      this.unsent = undefined
    })
    socket.on('data', chunk => {
      this.receive(chunk as Uint8Array)
    })
    socket.on('error', error => {
      this.problem = error.message
    })
    socket.on('close', () => {
      this.end(this.unsent === undefined ? { kind: 'lost' } : { kind: 'unreachable', reason: this.problem })
    })
  }

  protected send(request: Message, finish: (result: ConnectionResult) => void): () => void {
    const id = this.freeId(request.id)
    const asked = { ...request, id }
    this.asked.set(id, { request: asked, finish })
    const octets = frame(encodeForStream(asked, this.isPadded))
    if (this.unsent === undefined) this.socket.write(octets)
    else this.unsent.push(octets)
    return () => this.asked.delete(id)
  }

  protected destroy(): void {
    this.socket.destroy()
  }

  private receive(chunk: Uint8Array): void {
    this.touch()
    for (const octets of this.frames.push(chunk)) {
      const message = readMessage(octets)
      const asked = message && this.asked.get(message.id)
      // A reply that came too late, or that is none.
      if (message === undefined || asked === undefined || !isReplyTo(message, asked.request)) continue
      this.idle = Math.min(this.longestIdle, keepaliveIn(message) ?? this.idle)
      asked.finish({ kind: 'reply', message })
    }
  }

  private freeId(wanted: number): number {
    let id = wanted
    while (this.asked.has(id)) id = randomInt(0x10000)
    return id
  }
}

function readMessage(octets: Uint8Array): Message | undefined {
  try {
    return decodeReply(octets)
  } catch {
    return undefined
  }
}
