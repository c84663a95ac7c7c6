import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAX_RECORD_LENGTH, type ZoneId } from '@signpost/core'
import { orAborted } from '../abortable.ts'
import type { Clock } from '../clock.ts'
import type { ResolveFailedError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { ResolveLimits } from '../resolve/resolve-limits.ts'
import type { ZoneResolver } from '../resolve/resolver.ts'
import { Allowance } from './allowance.ts'
import { type Reply, failureReply, lookupReply, preflightReply, putReply } from './api-reply.ts'
import { type ApiRequest, readRequest, tooLarge } from './api-request.ts'
import { type HttpAddress, httpListenError, sourceOfClient, urlOf } from './http-address.ts'
import type { OfferOptions, Offered } from './offered-record.ts'

/** How much a server does for strangers. What is beyond it is told to come back. */
export interface ServerLimits {
  /** Requests that are worked on at a time. */
  readonly requests: number
  /** Records that are taken at once, each of which goes to a network's closest peers, and a second from then on. */
  readonly putBurst: number
  readonly putsPerSecond: number
  /** Milliseconds that a request has, less than the other end of it waits (`ENDPOINT_TIMEOUT`). */
  readonly deadline: number
}

export const SERVER_LIMITS: ServerLimits = {
  // A quarter of the lookups that a node has at a time: the others are its own.
  requests: 64,
  // A publisher of a hundred zones has them out at once.
  putBurst: 100,
  putsPerSecond: 10,
  deadline: 8_000,
}

/** How far a node looks for clients: for no more zones at a time than they have requests. */
export function servedLimits(limits: ResolveLimits): ResolveLimits {
  return { ...limits, lookups: Math.min(limits.lookups, SERVER_LIMITS.requests) }
}

/** Connections at a time; Node closes further ones. */
const CONNECTIONS = 256
/** Milliseconds for a request's head, for all of it, and for a connection that does nothing. */
const [HEAD_TIME, REQUEST_TIME, IDLE_TIME] = [5_000, 10_000, 30_000]
/** Octets of a request's head. */
const HEAD_LENGTH = 8_192

/** What stands behind a server. */
export interface RoutingBackend extends ZoneResolver {
  readonly clock: Clock
  readonly logger: Logger
  offer(zoneId: ZoneId, record: Uint8Array, options: OfferOptions): Promise<Offered>
}

/**
 * Serves the Delegated Routing V1 HTTP API for names: whoever reaches it can ask for any zone's record, and put one.
 * @throws AddressInUseError, AddressUnavailableError
 */
export async function startRoutingServer(
  address: Required<HttpAddress>,
  backend: RoutingBackend,
  limits: ServerLimits = SERVER_LIMITS,
): Promise<RoutingServer> {
  const server = new RoutingServer(address, backend, limits)
  await server.start()
  return server
}

export class RoutingServer {
  private readonly address: Required<HttpAddress>
  private readonly backend: RoutingBackend
  private readonly limits: ServerLimits
  private readonly server: Server
  private readonly puts: Allowance
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<void>>()

  constructor(address: Required<HttpAddress>, backend: RoutingBackend, limits: ServerLimits) {
    this.address = address
    this.backend = backend
    this.limits = limits
    this.puts = new Allowance(limits.putBurst, limits.putsPerSecond, backend.clock.now())
    this.server = createServer(
      {
        headersTimeout: HEAD_TIME,
        requestTimeout: REQUEST_TIME,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: HEAD_LENGTH,
      },
      (request, response) => {
        this.take(request, response)
      },
    )
    this.server.maxConnections = CONNECTIONS
    this.server.timeout = IDLE_TIME
  }

  /** Its base URL, with the real port. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo
    return urlOf({ ...this.address, port })
  }

  async start(): Promise<void> {
    try {
      this.server.listen({ ...this.address, ipv6Only: this.address.host.includes(':'), exclusive: true })
      await once(this.server, 'listening')
    } catch (error) {
      throw httpListenError(error, this.address)
    }
    // Such as too many open files: that connection is lost, and the server goes on.
    this.server.on('error', error => {
      this.backend.logger.warn('an HTTP connection was lost', { error: String(error) })
    })
  }

  /** Ends what is under way, and resolves when nothing is any more. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the server is stopping'))
    const closed = once(this.server, 'close')
    this.server.close()
    await Promise.all(this.running)
    this.server.closeAllConnections()
    await closed
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const answering = this.answer(request, response).finally(() => this.running.delete(answering))
    this.running.add(answering)
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, logger } = this.backend
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort(new Error('the client has gone'))
    })
    const late = new AbortController()
    const cancel = clock.after(this.limits.deadline, () => {
      late.abort(new Error('the deadline has passed'))
    })
    const signal = AbortSignal.any([gone.signal, late.signal, this.stopping.signal])
    try {
      const reply = await this.replyTo(request, signal)
      send(request, response, reply)
    } catch (error) {
      if (late.signal.aborted) send(request, response, failureReply(504, 'no answer came in time', 1))
      else if (this.stopping.signal.aborted)
        send(request, response, failureReply(503, 'this server is stopping'))
      // A client that breaks off is its own business.
      else if (!gone.signal.aborted && request.errored === null) {
        logger.error('an HTTP request failed', { path: request.url, error: String(error) })
        send(request, response, failureReply(500, 'this request failed; the log of this node says why'))
      }
    } finally {
      cancel()
    }
  }

  private async replyTo(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    const asked = readRequest(request)
    if (asked.kind === 'preflight') return preflightReply
    if (asked.kind === 'refused') return failureReply(asked.status, asked.why)
    if (this.running.size >= this.limits.requests) return failureReply(429, 'too many requests at a time', 1)
    return asked.kind === 'get' ? this.lookUp(asked, signal) : this.put(request, asked.zoneId, signal)
  }

  private async lookUp(asked: ApiRequest & { readonly kind: 'get' }, signal: AbortSignal): Promise<Reply> {
    try {
      const outcome = await this.backend.resolve(asked.zoneId, { signal })
      return lookupReply(asked, outcome, this.backend.clock.now())
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'RESOLVE_FAILED')
        return unresolvedReply(error as ResolveFailedError)
      throw error
    }
  }

  private async put(request: IncomingMessage, zoneId: ZoneId, signal: AbortSignal): Promise<Reply> {
    const record = await orAborted(readBody(request), signal)
    if (record === undefined) return failureReply(tooLarge.status, tooLarge.why)
    if (!this.puts.take(this.backend.clock.now())) return failureReply(429, 'too many records at a time', 1)
    const source = sourceOfClient(request.socket.remoteAddress)
    return putReply(await this.backend.offer(zoneId, record, { source, signal }))
  }
}

function unresolvedReply({ reason, message }: ResolveFailedError): Reply {
  if (reason === 'busy') return failureReply(503, message, 1)
  return failureReply(reason === 'deadline' ? 504 : 502, message)
}

/** Undefined for more octets than a record has. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_RECORD_LENGTH) return undefined
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function hasUnread({ complete, headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'] ?? 0)
  return !complete && (length > 0 || headers['transfer-encoding'] !== undefined)
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    ...headers,
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) }),
    // What is left of a body that was refused is not read.
    ...(hasUnread(request) ? { connection: 'close' } : {}),
  })
  response.end(body)
}
