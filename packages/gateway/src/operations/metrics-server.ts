import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { AddressInUseError, InvalidConfigError, NotThereYetError } from '@signpost/dns'
import { type Endpoint, printEndpoint } from '../endpoint.ts'
import type { GatewayStats } from '../stats.ts'
import { METRICS_TYPE, printMetrics } from './metrics.ts'

/** Where metrics are read. */
export interface MetricsServer {
  readonly address: Endpoint
  close(): Promise<void>
}

/** Milliseconds that a reader has for its request; Prometheus sends it at once. */
const REQUEST_TIME = 5_000
/** Milliseconds between two looks at that. */
const LOOK = 1_000
/** For one more, the oldest one makes room: silent ones must not keep out whoever reads. */
const MAX_CONNECTIONS = 16

/**
 * Serves metrics at `/metrics`. What they say is of the machine, not of its users, but it is nobody else's business
 * either: who listens on more than loopback has decided so.
 * @throws AddressInUseError, InvalidConfigError, NotThereYetError
 */
export async function serveMetrics(at: Endpoint, read: () => GatewayStats): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIME, headersTimeout: REQUEST_TIME, connectionsCheckingInterval: LOOK },
    (request, response) => {
      request.resume()
      const { method = '', url = '' } = request
      if (url.split('?')[0] !== '/metrics') {
        response.writeHead(404).end('metrics are at /metrics\n')
        return
      }
      if (method !== 'GET' && method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end()
        return
      }
      response.writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' })
      response.end(method === 'HEAD' ? undefined : printMetrics(read()))
    },
  )
  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    const [oldest] = connections
    if (connections.size >= MAX_CONNECTIONS) oldest?.destroy()
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject(listenError(at, error))
    })
    server.listen({ host: at.host, port: at.port, exclusive: true }, resolve)
  })
  server.removeAllListeners('error').on('error', () => {})
  const { port } = server.address() as AddressInfo
  return {
    address: { host: at.host, port },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function listenError(at: Endpoint, error: NodeJS.ErrnoException): Error {
  const address = printEndpoint(at)
  if (error.code === 'EADDRINUSE')
    return new AddressInUseError([address], 'give metrics another address', { cause: error })
  const Problem = error.code === 'EADDRNOTAVAIL' ? NotThereYetError : InvalidConfigError
  return new Problem('metrics', `nothing can listen on ${address}: ${error.message}`, { cause: error })
}
