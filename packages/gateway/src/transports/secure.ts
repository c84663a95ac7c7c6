import type { Socket } from 'node:net'
import { type Server, type TLSSocket, createServer } from 'node:tls'
import type { Endpoint } from '../endpoint.ts'
import type { Certificate } from './certificate/certificate.ts'
import type { Conversation, Place } from './connections.ts'
import type { Listening } from './listening.ts'
import { type StreamOptions, listenStream } from './stream-listener.ts'

export interface SecureOptions extends StreamOptions {
  readonly certificate: Certificate
  /** Of RFC 7301. A client that names protocols and none of these is refused; one that names none is not. */
  readonly protocols: readonly string[]
  /** Milliseconds for the handshake. */
  readonly handshake: number
}

/** Begins to speak with a client that has gone through the handshake of TLS. */
export type ConverseSecurely = (secured: TLSSocket, place: Place) => Conversation

/** Listens on a TCP port for clients that speak TLS, whatever is spoken inside. @throws as `listenStream` does. */
export async function listenSecurely(
  at: Endpoint,
  options: SecureOptions,
  converse: ConverseSecurely,
): Promise<Listening> {
  const { certificate, protocols, handshake } = options
  // It is given connections, and listens nowhere itself.
  const server = createServer({ ALPNProtocols: [...protocols] })
  const unfollow = certificate.follow(pem => {
    server.setSecureContext({ ...pem, minVersion: 'TLSv1.2' })
  })
  const secure = secureWith(server, handshake)
  try {
    const listening = await listenStream(at, options, (socket, place) =>
      secure(socket, secured => converse(secured, place)),
    )
    return {
      ...listening,
      close: async () => {
        unfollow()
        await listening.close()
      },
    }
  } catch (error) {
    unfollow()
    throw error
  }
}

/** Takes a client through the handshake, then begins to speak inside. */
type Secure = (socket: Socket, converse: (secured: TLSSocket) => Conversation) => Conversation

function secureWith(server: Server, handshake: number): Secure {
  const underWay = new Map<string, (secured: TLSSocket) => void>()
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

  get unsent(): number {
    return this.inner?.unsent ?? 0
  }

  finish(): void {
    if (this.inner === undefined) this.socket.destroy()
    else this.inner.finish()
  }

  close(): void {
    if (this.inner === undefined) this.socket.destroy()
    else this.inner.close()
  }

  abort(): void {
    if (this.inner === undefined) this.socket.destroy()
    else this.inner.abort()
  }
}
