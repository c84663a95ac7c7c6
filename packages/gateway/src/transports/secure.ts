import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Conversation } from './connections.ts'

export interface SecureOptions {
  /** With the certificate of this moment. */
  readonly context: SecureContext
  /** Of RFC 7301. A client that names protocols and none of these is refused; one that names none is not. */
  readonly protocols: readonly string[]
  /** Milliseconds for the handshake. */
  readonly handshake: number
}

/** What is spoken once the handshake is over; until then, what is there to wait for is the client's. */
class SecuredConversation implements Conversation {
  inner: Conversation | undefined
  private readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
  }

  get isIdle(): boolean {
    return this.inner === undefined || this.inner.isIdle
  }

  finish(): void {
    if (this.inner === undefined) this.socket.destroy()
    else this.inner.finish()
  }

  close(): void {
    if (this.inner === undefined) this.socket.destroy()
    else this.inner.close()
  }
}

/** Makes TLS of a connection, and speaks inside once the client has gone through the handshake. */
export function secure(
  socket: Socket,
  { context, protocols, handshake }: SecureOptions,
  converse: (socket: TLSSocket) => Conversation,
): Conversation {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    ALPNProtocols: [...protocols],
  })
  const conversation = new SecuredConversation(secured)
  const timer = setTimeout(() => {
    socket.destroy()
  }, handshake)
  socket.once('close', () => {
    clearTimeout(timer)
    secured.destroy()
  })
  // A handshake that failed, or a reset by the client; 'close' follows.
  secured.on('error', () => {})
  secured.once('secure', () => {
    clearTimeout(timer)
    conversation.inner = converse(secured)
  })
  return conversation
}
