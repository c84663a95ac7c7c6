import type { Socket } from 'node:net'
import { HEADER_LENGTH } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import type { Client } from '../query.ts'
import type { Service } from '../service.ts'
import type { Conversation, Place, StreamTransport } from './connections.ts'
import { FrameReader, frame } from './frames.ts'
import { destroyAfterLinger } from './linger.ts'

export interface DnsConnectionParts {
  readonly transport: StreamTransport
  readonly service: Service
  readonly place: Place
  /** Milliseconds without a whole query. */
  readonly idle: number
  readonly limits: Pick<Limits, 'tcpPending'>
}

/**
 * DNS on a stream, plain or inside TLS (RFC 7766, RFC 7858): queries one after the other, replies in whatever order they
 * are ready. Time runs against the client whenever it neither sends a whole query nor takes its replies; single octets
 * do not stop it.
 */
export class DnsConnection implements Conversation {
  private readonly socket: Socket
  private readonly parts: DnsConnectionParts
  private readonly frames = new FrameReader()
  private readonly client: Client
  private readonly idle: NodeJS.Timeout
  private waiting: Uint8Array[] = []
  private pending = 0
  private ending = false

  constructor(socket: Socket, parts: DnsConnectionParts) {
    this.socket = socket
    this.parts = parts
    this.client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.idle = setTimeout(() => {
      this.onIdle()
    }, parts.idle)
    socket.on('data', chunk => {
      this.onData(chunk as Uint8Array)
    })
    socket.on('end', () => {
      this.finish()
    })
    socket.on('drain', () => {
      this.goOn()
    })
    socket.on('close', () => {
      clearTimeout(this.idle)
    })
  }

  get isIdle(): boolean {
    return this.pending === 0 && this.waiting.length === 0 && this.socket.writableLength === 0
  }

  get unsent(): number {
    return this.socket.writableLength
  }

  finish(): void {
    this.ending = true
    this.closeWhenDone()
  }

  close(): void {
    this.socket.destroySoon()
    destroyAfterLinger(this.socket)
  }

  abort(): void {
    this.socket.destroy()
  }

  private onData(chunk: Uint8Array): void {
    const queries = this.frames.push(chunk)
    // What comes after the decision to close is not answered.
    if (queries.length === 0 || this.ending) return
    if (this.parts.place.isStranger) {
      this.take(queries[0] as Uint8Array)
      this.finish()
      return
    }
    this.idle.refresh()
    this.parts.place.touch()
    this.waiting = this.waiting.length === 0 ? queries : [...this.waiting, ...queries]
    this.goOn()
  }

  /** Takes waiting queries as far as the limits let it. Replies that are at hand leave in one write. */
  private goOn(): void {
    const { tcpPending } = this.parts.limits
    this.socket.cork()
    let taken = 0
    while (taken < this.waiting.length && this.pending < tcpPending && this.canTakeReplies())
      this.take(this.waiting[taken++] as Uint8Array)
    this.socket.uncork()
    this.parts.place.count()
    this.waiting = taken === this.waiting.length ? [] : this.waiting.slice(taken)
    if (this.waiting.length > 0 || !this.canTakeReplies()) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
    this.closeWhenDone()
  }

  private take(query: Uint8Array): void {
    // Without a header there is nothing to reply to, and no telling where the stream stands.
    if (query.length < HEADER_LENGTH) {
      this.socket.destroy()
      return
    }
    const reply = this.parts.service(query, this.parts.transport, this.client)
    if (!(reply instanceof Promise)) return this.send(reply)
    this.pending++
    void this.sendLater(reply)
  }

  private async sendLater(reply: Promise<Uint8Array | undefined>): Promise<void> {
    const settled = await reply
    this.pending--
    if (this.socket.destroyed) return
    this.idle.refresh()
    this.send(settled)
    this.goOn()
  }

  private send(reply: Uint8Array | undefined): void {
    if (reply === undefined || this.socket.destroyed) return
    this.socket.write(frame(reply))
  }

  private canTakeReplies(): boolean {
    return !this.socket.writableNeedDrain && !this.socket.destroyed
  }

  private onIdle(): void {
    // Its queries are with us, and it takes what it is given: the wait is ours.
    if (this.pending > 0 && this.canTakeReplies()) this.idle.refresh()
    else this.socket.destroy()
  }

  private closeWhenDone(): void {
    if (!this.ending || this.pending > 0 || this.waiting.length > 0 || this.socket.destroyed) return
    this.socket.end()
  }
}
