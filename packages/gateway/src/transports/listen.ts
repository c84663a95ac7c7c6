import { AddressInUseError } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import type { Certificate } from './certificate/certificate.ts'
import type { Connections } from './connections.ts'
import { listenHttps } from './https.ts'
import type { Listening } from './listening.ts'
import { listenTcp } from './tcp.ts'
import { listenTls } from './tls.ts'
import { listenUdp } from './udp.ts'

export interface ListenParts {
  /** Over UDP and TCP each. */
  readonly listen: readonly Endpoint[]
  readonly tls: readonly Endpoint[]
  readonly https: readonly Endpoint[]
  /** There where anything listens over TLS or HTTPS. */
  readonly certificate: Certificate | undefined
  readonly service: Service
  readonly connections: Connections
  readonly limits: Limits
}

/** All addresses or none. @throws AddressInUseError, InvalidConfigError */
export async function listenEverywhere(parts: ListenParts): Promise<Listening[]> {
  const { service, connections, certificate, limits } = parts
  const listening: Listening[] = []
  try {
    for (const at of parts.listen) listening.push(...(await listenBoth(at, parts)))
    if (certificate === undefined) return listening
    for (const at of parts.tls) listening.push(await listenTls(at, service, connections, certificate, limits))
    for (const at of parts.https)
      listening.push(await listenHttps(at, service, connections, certificate, limits))
    return listening
  } catch (error) {
    await Promise.all(listening.map(socket => socket.close()))
    throw error
  }
}

/** Tries for a port that is free for UDP and TCP alike. */
const PORT_TRIES = 20

async function listenBoth(at: Endpoint, parts: ListenParts): Promise<Listening[]> {
  const { service, connections, limits } = parts
  for (let tries = at.port === 0 ? PORT_TRIES : 1; ; tries--) {
    const udp = await listenUdp(at, service)
    try {
      return [udp, await listenTcp({ host: at.host, port: udp.port }, service, connections, limits)]
    } catch (error) {
      await udp.close()
      if (tries <= 1 || !(error instanceof AddressInUseError)) throw error
    }
  }
}
