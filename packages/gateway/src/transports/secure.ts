import type { Socket } from 'node:net'
import { type TLSSocket, createServer } from 'node:tls'
import type { Certificate } from './certificate/certificate.ts'
import type { Conversation } from './connections.ts'

export interface SecureOptions {
  readonly certificate: Certificate
  /** Of RFC 7301. A client that names protocols and none of these is refused; one that names none is not. */
  readonly protocols: readonly string[]
  /** Milliseconds for the handshake. */
  readonly handshake: number
}

/** Takes a client through the handshake of TLS, then begins to speak inside. */
export type Secure = (socket: Socket, converse: (secured: TLSSocket) => Conversation) => Conversation

/** TLS on connections that somebody else accepts. */
export function createSecure({ certificate, protocols, handshake }: SecureOptions): Secure {
  const underWay = new Map<string, (secured: TLSSocket) => void>()
  const server = createServer({ ALPNProtocols: [...protocols], minVersion: 'TLSv1.2' })
  certificate.follow(pem => {
    server.setSecureContext({ ...pem, minVersion: 'TLSv1.2' })
  })
  server.on('secureConnection', secured => {
    const begin = underWay.get(endsOf(secured))
    // A reset by the client; 'close' follows.
    secured.on('error', () => {})
    if (begin === undefined) secured.destroy()
    else begin(secured)
  })
  server.on('tlsClientError', (_error, secured) => {
    secured.destroy()
  })

  return (socket, converse) => {
    const conversation = new SecuredConversation(socket)
    const ends = endsOf(socket)
    const over = (): void => {
      clearTimeout(timer)
      underWay.delete(ends)
    }
    const timer = setTimeout(() => {
      socket.destroy()
    }, handshake)
    socket.once('close', over)
    underWay.set(ends, secured => {
      over()
      conversation.inner = converse(secured)
    })
    server.emit('connection', socket)
    return conversation
  }
}

/** What tells a connection from all others of the same listener; TLS makes another socket of it. */
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}

/** What is spoken once the handshake is over; until then, whatever there is to wait for is the client's. */
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
