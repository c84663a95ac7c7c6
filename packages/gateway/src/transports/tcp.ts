import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import type { Connections } from './connections.ts'
import { DnsConnection } from './dns-connection.ts'
import type { Listening } from './listening.ts'
import { listenStream } from './stream-listener.ts'

/** DNS over TCP (RFC 7766). @throws AddressInUseError, InvalidConfigError */
export async function listenTcp(
  at: Endpoint,
  service: Service,
  connections: Connections,
  limits: Pick<Limits, 'tcpPending' | 'tcpIdle'>,
): Promise<Listening> {
  const transport = 'tcp'
  return listenStream(at, { transport, halfOpen: true, connections }, (socket, place) => {
    return new DnsConnection(socket, { transport, service, place, idle: limits.tcpIdle, limits })
  })
}
