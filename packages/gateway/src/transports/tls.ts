import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import type { Certificate } from './certificate/certificate.ts'
import type { Connections } from './connections.ts'
import { DnsConnection } from './dns-connection.ts'
import type { Listening } from './listening.ts'
import { listenSecurely } from './secure.ts'

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
  return listenSecurely(
    at,
    {
      transport,
      halfOpen: true,
      connections,
      certificate,
      protocols: ['dot'],
      handshake: limits.tlsHandshake,
    },
    (secured, place) => new DnsConnection(secured, { ...parts, place }),
  )
}
