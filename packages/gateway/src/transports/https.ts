import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import type { Certificate } from './certificate/certificate.ts'
import type { Connections, Place } from './connections.ts'
import { createHttp1 } from './doh/http1.ts'
import { beginHttp2 } from './doh/http2.ts'
import { HttpsConversation } from './doh/https-conversation.ts'
import type { Listening } from './listening.ts'
import { listenSecurely } from './secure.ts'

type HttpsLimits = Pick<Limits, 'tcpPending' | 'tlsIdle' | 'tlsHandshake' | 'httpsQuery'>

/**
 * DNS over HTTPS (RFC 8484), in HTTP/2 and HTTP/1.1 on the same port, as the client chooses in the handshake.
 * @throws AddressInUseError, InvalidConfigError
 */
export async function listenHttps(
  at: Endpoint,
  service: Service,
  connections: Connections,
  certificate: Certificate,
  limits: HttpsLimits,
): Promise<Listening> {
  const overHttp1 = new WeakMap<Socket, HttpsConversation>()
  const http1 = createHttp1((exchange, request) => overHttp1.get(request.socket)?.begin(exchange))

  const converseHttp1 = (socket: TLSSocket, place: Place): HttpsConversation => {
    const conversation = new HttpsConversation(socket, {
      service,
      place,
      limits,
      goodbye: () => {},
      end: () => {
        socket.destroySoon()
      },
    })
    overHttp1.set(socket, conversation)
    http1.emit('connection', socket)
    return conversation
  }

  const converseHttp2 = (socket: TLSSocket, place: Place): HttpsConversation => {
    const session = beginHttp2(socket, limits.tcpPending, exchange => {
      conversation.begin(exchange)
    })
    // It sends what there is to send, then ends; what goes past it to the socket would overtake that.
    const goodbye = (): void => {
      if (!session.closed) session.close()
    }
    const conversation = new HttpsConversation(socket, { service, place, limits, goodbye, end: goodbye })
    return conversation
  }

  return listenSecurely(
    at,
    {
      transport: 'https',
      halfOpen: false,
      connections,
      certificate,
      protocols: ['h2', 'http/1.1'],
      handshake: limits.tlsHandshake,
    },
    (secured, place) =>
      secured.alpnProtocol === 'h2' ? converseHttp2(secured, place) : converseHttp1(secured, place),
  )
}
