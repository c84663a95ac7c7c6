import type { TLSSocket } from 'node:tls'
import type { Limits } from '../../limits.ts'
import type { Client } from '../../query.ts'
import type { Service } from '../../service.ts'
import type { Conversation, Place } from '../connections.ts'
import { destroyAfterLinger } from '../linger.ts'
import { type RequestHead, readRequest, refusedBody } from './request.ts'
import { type HttpResponse, refusal, responseTo } from './response.ts'

/** One request, whatever version of HTTP it came in. */
export interface HttpExchange {
  readonly head: RequestHead
  /** Reads the body: each piece of it, then its end. */
  readBody(onPiece: (piece: Uint8Array) => void, onEnd: () => void): void
  /** @param last the connection takes no request behind this one. */
  respond(response: HttpResponse, last: boolean): void
  /** Once, when the response is sent or either side has given up. */
  onClosed(listener: () => void): void
}

export interface HttpsConversationParts {
  readonly service: Service
  readonly place: Place
  readonly limits: Pick<Limits, 'tcpPending' | 'tlsIdle' | 'httpsQuery'>
  /** Tells the client to ask no more, where its version of HTTP can say so at any time. */
  readonly goodbye: () => void
  /** Ends the connection once what was answered is sent. */
  readonly end: () => void
}

/**
 * DNS over HTTPS with one client (RFC 8484). As on other streams, time runs against the client whenever it neither has
 * a whole query with us nor takes its responses: what it sends besides, be it headers and bodies by the octet or frames
 * that ask for nothing, does not stop it.
 */
export class HttpsConversation implements Conversation {
  private readonly socket: TLSSocket
  private readonly parts: HttpsConversationParts
  private readonly client: Client
  private readonly idle: NodeJS.Timeout
  /** Queries that wait for their reply, and responses that are on their way out. */
  private waiting = 0
  private leaving = 0
  /** Octets of these responses. */
  unsent = 0
  private ending = false

  constructor(socket: TLSSocket, parts: HttpsConversationParts) {
    this.socket = socket
    this.parts = parts
    this.client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.idle = setTimeout(() => {
      this.onIdle()
    }, parts.limits.tlsIdle)
    socket.once('close', () => {
      clearTimeout(this.idle)
    })
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.leaving === 0
  }

  begin(exchange: HttpExchange): void {
    if (this.parts.place.isStranger) {
      this.ending = true
      this.respond(exchange, refusal(403, 'Your address may not ask here. The option "allow" says who may.'))
      return
    }
    const request = readRequest(exchange.head, this.parts.limits.httpsQuery)
    switch (request.kind) {
      case 'refused':
        this.respond(exchange, request.response)
        break
      case 'query':
        this.answer(exchange, request.query)
        break
      case 'body':
        this.collect(exchange)
        break
    }
  }

  finish(): void {
    this.ending = true
    this.parts.goodbye()
    this.closeWhenDone()
  }

  close(): void {
    this.parts.goodbye()
    this.parts.end()
    destroyAfterLinger(this.socket)
  }

  abort(): void {
    this.socket.destroy()
  }

  private answer(exchange: HttpExchange, query: Uint8Array): void {
    this.parts.place.touch()
    // A client that does not take its responses gains no time by asking on.
    if (this.leaving === 0) this.idle.refresh()
    // HTTP/2 does not let it come to this: its streams are limited by the same number.
    if (this.waiting >= this.parts.limits.tcpPending) {
      this.respond(exchange, refusal(503, 'Too many queries of this connection wait for their answers.'))
      return
    }
    const reply = this.parts.service(query, 'https', this.client)
    if (!(reply instanceof Promise)) return this.respond(exchange, responseTo(reply))
    this.waiting++
    void this.answerLater(exchange, reply)
  }

  private async answerLater(exchange: HttpExchange, reply: Promise<Uint8Array | undefined>): Promise<void> {
    const settled = await reply
    this.waiting--
    this.respond(exchange, responseTo(settled))
  }

  private collect(exchange: HttpExchange): void {
    const { httpsQuery } = this.parts.limits
    const pieces: Uint8Array[] = []
    let room = httpsQuery
    exchange.readBody(
      piece => {
        if (room < 0) return
        room -= piece.length
        if (room >= 0) pieces.push(piece)
        else this.respond(exchange, refusedBody(httpsQuery).response)
      },
      () => {
        if (room >= 0) this.answer(exchange, Buffer.concat(pieces))
      },
    )
  }

  private respond(exchange: HttpExchange, response: HttpResponse): void {
    const { length } = response.body
    this.leaving++
    this.unsent += length
    exchange.onClosed(() => {
      this.leaving--
      this.unsent -= length
      this.parts.place.count()
      this.idle.refresh()
      this.closeWhenDone()
    })
    // Behind an error a body may follow that nobody reads.
    exchange.respond(response, this.ending || response.status >= 400)
    this.parts.place.count()
  }

  private onIdle(): void {
    // Its queries are with us, and it takes what it is given: the wait is ours.
    if (this.waiting > 0 && this.leaving === 0) this.idle.refresh()
    else this.socket.destroy()
  }

  private closeWhenDone(): void {
    if (this.ending && this.isIdle) this.parts.end()
  }
}
