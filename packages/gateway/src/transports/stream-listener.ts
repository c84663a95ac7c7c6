import { type Server, type Socket, createServer, isIPv6 } from 'node:net'
import type { Endpoint } from '../endpoint.ts'
import type { Connections, Conversation, Place, StreamTransport } from './connections.ts'
import { type Listening, bindError } from './listening.ts'

/** Milliseconds for which somebody is let in who is only to be told to go. */
const STRANGER_TIME = 2000

/** Begins to speak with a client that has just connected. */
export type Converse = (socket: Socket, place: Place) => Conversation

export interface StreamOptions {
  readonly transport: StreamTransport
  /** Whether a client that has sent all that it wants to may close its side and still gets its replies. */
  readonly halfOpen: boolean
  readonly connections: Connections
}

/** Listens on a TCP port, whatever is spoken there. @throws AddressInUseError, InvalidConfigError */
export async function listenStream(
  at: Endpoint,
  { transport, halfOpen, connections }: StreamOptions,
  converse: Converse,
): Promise<Listening> {
  const conversations = new Map<Socket, Conversation>()
  const server = createServer({ allowHalfOpen: halfOpen, noDelay: true }, socket => {
    // A reset by the client; 'close' follows.
    socket.on('error', () => {})
    const place = socket.destroyed ? undefined : connections.enter(transport, socket.remoteAddress ?? '')
    if (place === undefined) {
      socket.destroy()
      return
    }
    const conversation = converse(socket, place)
    place.conversation = conversation
    conversations.set(socket, conversation)
    const timer = place.isStranger ? setTimeout(() => socket.destroy(), STRANGER_TIME) : undefined
    socket.once('close', () => {
      clearTimeout(timer)
      place.leave()
      conversations.delete(socket)
    })
  })
  await bind(server, transport, at)
  const bound = server.address()
  return {
    transport,
    host: at.host,
    port: typeof bound === 'object' && bound !== null ? bound.port : at.port,
    pause: async () => {
      server.close()
      for (const conversation of conversations.values()) conversation.finish()
    },
    close: () =>
      new Promise(resolve => {
        if (server.listening) server.close()
        if (conversations.size === 0) return resolve()
        for (const [socket, conversation] of conversations) {
          socket.once('close', () => {
            if (conversations.size === 0) resolve()
          })
          conversation.close()
        }
      }),
  }
}

async function bind(server: Server, transport: StreamTransport, at: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(bindError(transport, at, error))
    })
    // An IPv6 socket for IPv6 alone, so that `::` beside `0.0.0.0` is no conflict.
    server.listen({ host: at.host, port: at.port, ipv6Only: isIPv6(at.host), exclusive: true }, resolve)
  })
  server.removeAllListeners('error')
  // Errors of accepting, such as too many open files: the connection is lost, the server goes on.
  server.on('error', () => {})
}
