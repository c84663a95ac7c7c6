import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import type { Certificate } from './certificate/certificate.ts'
import type { Connections } from './connections.ts'
import { DnsConnection } from './dns-connection.ts'
import type { Listening } from './listening.ts'
import { createSecure } from './secure.ts'
import { listenStream } from './stream-listener.ts'

/** DNS over TLS (RFC 7858; RFC 8310). @throws AddressInUseError, InvalidConfigError */
export async function listenTls(
  at: Endpoint,
  service: Service,
  connections: Connections,
  certificate: Certificate,
  limits: Pick<Limits, 'tcpPending' | 'tlsIdle' | 'tlsHandshake'>,
): Promise<Listening> {
  const transport = 'tls'
  const parts = { transport, service, idle: limits.tlsIdle, limits } as const
  const secure = createSecure({ certificate, protocols: ['dot'], handshake: limits.tlsHandshake })
  return listenStream(at, { transport, halfOpen: true, connections }, (socket, place) =>
    secure(socket, secured => new DnsConnection(secured, { ...parts, place })),
  )
}
