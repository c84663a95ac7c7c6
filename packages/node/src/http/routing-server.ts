import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { MAX_RECORD_LENGTH, type ZoneId } from '@signpost/core'
import { orAborted } from '../abortable.ts'
import type { Clock } from '../clock.ts'
import type { ResolveFailedError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { ResolveLimits } from '../resolve/resolve-limits.ts'
import type { ZoneResolver } from '../resolve/resolver.ts'
import { type Reply, failureReply, lookupReply, optionsReply, putReply } from './api-reply.ts'
import { type ApiRequest, isOfOtherSite, readRequest, tooLarge } from './api-request.ts'
import { Clients, sourceOfClient } from './clients.ts'
import { type HttpOptions, httpListenError, urlOf } from './http-options.ts'
import type { OfferOptions, Offered } from './offered-record.ts'
import { PutAllowances } from './put-allowances.ts'
import { Shares } from './shares.ts'

/** How much a server does for strangers, of which one source of them gets a quarter. What is beyond it is told to come back. */
export interface ServerLimits {
  /** Connections at a time. Further ones are closed. */
  readonly connections: number
  /** Requests at a time that are looked up or taken. Those that the disk answers are not counted. */
  readonly requests: number
  /** Records that are taken at once, each of which goes to a network's closest peers, and a second from then on. */
  readonly putBurst: number
  readonly putsPerSecond: number
  /** Milliseconds that a request has, less than the other end of it waits (`ENDPOINT_TIMEOUT`). */
  readonly deadline: number
}

export const SERVER_LIMITS: ServerLimits = {
  connections: 256,
  // A quarter of the lookups that a node has at a time for itself. A quarter of that is what one node asks for at a time
  // (`ENDPOINT_REQUESTS`).
  requests: 64,
  // A publisher of fifty zones has them out at once, and a node may republish as fast as it does.
  putBurst: 200,
  putsPerSecond: 20,
  deadline: 8_000,
}

/** How far a node looks for clients: for no more zones at a time than they have requests. */
export function servedLimits(limits: ResolveLimits): ResolveLimits {
  return { ...limits, lookups: Math.min(limits.lookups, SERVER_LIMITS.requests) }
}

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
  address: Required<HttpOptions>,
  backend: RoutingBackend,
  limits: ServerLimits = SERVER_LIMITS,
): Promise<RoutingServer> {
  const server = new RoutingServer(address, backend, limits)
  await server.start()
  return server
}

export class RoutingServer {
  private readonly address: Required<HttpOptions>
  private readonly backend: RoutingBackend
  private readonly limits: ServerLimits
  private readonly server: Server
  private readonly clients: Clients
  private readonly connections: Shares
  private readonly slots: Shares
  private readonly puts: PutAllowances
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<void>>()

  constructor(address: Required<HttpOptions>, backend: RoutingBackend, limits: ServerLimits) {
    this.address = address
    this.backend = backend
    this.limits = limits
    this.clients = new Clients(address.proxies)
    this.connections = new Shares(limits.connections)
    this.slots = new Shares(limits.requests)
    this.puts = new PutAllowances(limits.putBurst, limits.putsPerSecond, backend.clock.now())
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
    this.server.maxConnections = limits.connections
    this.server.timeout = IDLE_TIME
    this.server.on('connection', socket => {
      this.admit(socket)
    })
  }

  /** Its base URL, with the real port. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo
    return urlOf({ ...this.address, port })
  }

  async start(): Promise<void> {
    const { host, port } = this.address
    try {
      this.server.listen({ host, port, ipv6Only: host.includes(':'), exclusive: true })
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
    const closed = Promise.withResolvers<void>()
    this.server.close(() => {
      closed.resolve()
    })
    await Promise.all(this.running)
    this.server.closeAllConnections()
    await closed.promise
  }

  // Many clients come through a proxy's connections, so of those only the number in all is limited.
  private admit(socket: Socket): void {
    if (this.clients.isProxy(socket.remoteAddress)) return
    const release = this.connections.take(sourceOfClient(socket.remoteAddress))
    if (release === undefined) socket.destroy()
    else socket.once('close', release)
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
      this.send(request, response, await this.replyTo(request, signal))
    } catch (error) {
      if (late.signal.aborted) this.send(request, response, failureReply(504, 'no answer came in time', 1))
      else if (this.stopping.signal.aborted)
        this.send(request, response, failureReply(503, 'this server is stopping'))
      // A client that breaks off is its own business.
      else if (!gone.signal.aborted && request.errored === null) {
        logger.error('an HTTP request failed', { path: request.url, error: String(error) })
        this.send(request, response, failureReply(500, 'this request failed; the log of this node says why'))
      }
    } finally {
      cancel()
    }
  }

  private send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
    const { status, headers, body } = reply
    if (response.headersSent || response.destroyed) return
    response.writeHead(status, {
      ...headers,
      ...(this.address.cors ? { 'access-control-allow-origin': '*' } : {}),
      'x-content-type-options': 'nosniff',
      ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) }),
      // What is left of a body that was refused is not read.
      ...(hasUnread(request) ? { connection: 'close' } : {}),
    })
    response.end(body)
  }

  private async replyTo(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    const asked = readRequest(request)
    const { cors } = this.address
    if (asked.kind === 'options') return optionsReply(cors)
    if (!cors && isOfOtherSite(request))
      return failureReply(403, 'this server is not for web pages of other sites')
    if (asked.kind === 'refused') return failureReply(asked.status, asked.why)
    const { remoteAddress } = request.socket
    const source = this.clients.sourceOf(remoteAddress, String(request.headers['x-forwarded-for'] ?? ''))
    if (asked.kind === 'get') return this.lookUp(asked, source, signal)
    // Read first: a client that sends slowly holds a connection, and no slot.
    const record = await orAborted(readBody(request), signal)
    if (record === undefined) return failureReply(tooLarge.status, tooLarge.why)
    return this.withSlot(source, () => this.put(asked.zoneId, record, source, signal))
  }

  private async withSlot(source: string, task: () => Promise<Reply>): Promise<Reply> {
    const release = this.slots.take(source)
    if (release === undefined) return failureReply(429, 'too many requests at a time', 1)
    try {
      return await task()
    } finally {
      release()
    }
  }

  private async lookUp(
    asked: ApiRequest & { readonly kind: 'get' },
    source: string,
    signal: AbortSignal,
  ): Promise<Reply> {
    const { clock } = this.backend
    try {
      const copy = await this.backend.resolve(asked.zoneId, { policy: 'cache-only', signal })
      if (copy.kind === 'found' && copy.freshness === 'fresh') return lookupReply(asked, copy, clock.now())
      return await this.withSlot(source, async () =>
        lookupReply(asked, await this.backend.resolve(asked.zoneId, { signal }), clock.now()),
      )
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'RESOLVE_FAILED')
        return unresolvedReply(error as ResolveFailedError)
      throw error
    }
  }

  private async put(zoneId: ZoneId, record: Uint8Array, source: string, signal: AbortSignal): Promise<Reply> {
    const { clock } = this.backend
    if (!this.puts.take(source, clock.now())) return failureReply(429, 'too many records at a time', 1)
    const offered = await this.backend.offer(zoneId, record, { source, signal })
    this.puts.settle(source, offered, clock.now())
    return putReply(offered)
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
