import type { Limits } from '../limits.ts'
import type { Dial } from './dial.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { monotonicNow } from './monotonic.ts'
import { StreamConnection } from './stream-connection.ts'
import { HttpsConnection } from './https-connection.ts'
import type { Connection } from './connection.ts'
import { type Upstream, printUpstream } from './upstream.ts'

export type PoolLimits = Pick<
  Limits,
  'upstreamConnections' | 'upstreamPipelined' | 'upstreamKept' | 'upstreamIdle' | 'upstreamPatience'
>

export interface PoolParts {
  readonly dial: Dial
  readonly limits: PoolLimits
}

/** Requests on one connection from which on another one is worth its cost. */
const BUSY = 32

/**
 * Connections to all servers, over TCP, TLS and HTTPS, kept for a while after use (RFC 7766, section 6.2.1; RFC 9210,
 * section 4.4). Servers over UDP are asked over TCP.
 */
export class ConnectionPool {
  private readonly parts: PoolParts
  private readonly servers = new Map<string, readonly Connection[]>()
  /** Those with nothing under way, the one that has been so for longest first. */
  private readonly idle = new Set<Connection>()
  private closed = false

  constructor(parts: PoolParts) {
    this.parts = parts
  }

  /** Connections that are open, or about to be. */
  get size(): number {
    let size = 0
    for (const connections of this.servers.values()) size += connections.length
    return size
  }

  /** A request whose connection ends before the reply is sent once more, on a new one (RFC 7766, section 6.2.4). */
  readonly exchange: Exchange = async (server, request, timeout, signal) => {
    const deadline = monotonicNow() + timeout
    const streamed: Upstream = server.protocol === 'udp' ? { ...server, protocol: 'tcp' } : server
    for (const isRepeated of [false, true]) {
      const connection = this.choose(streamed, isRepeated)
      if (connection === undefined) return unreachable('too many requests wait on its connections')
      const result = await connection.ask(request, Math.max(1, deadline - monotonicNow()), signal)
      if (result.kind !== 'lost') return result
      if (signal.aborted || monotonicNow() >= deadline) return { kind: 'silence' }
    }
    return unreachable('the server closes its connections without a reply')
  }

  /** Ends everything that is under way. */
  close(): void {
    this.closed = true
    for (const connections of this.servers.values()) for (const connection of connections) connection.close()
  }

  private choose(server: Upstream, isRepeated: boolean): Connection | undefined {
    const { upstreamConnections, upstreamPipelined, upstreamPatience } = this.parts.limits
    const name = printUpstream(server)
    const connections = this.servers.get(name) ?? []
    const hasRoom = connections.length < upstreamConnections && !this.closed
    if (isRepeated && hasRoom) return this.open(server, name)
    const usable = connections
      .filter(connection => connection.pending < upstreamPipelined)
      .sort((some, other) => some.pending - other.pending)
    const lively = usable.find(connection => !connection.isStalled(upstreamPatience))
    // HTTP/2 has room for all on one.
    const isBusy = server.protocol !== 'https' && (lively?.pending ?? 0) >= BUSY
    if (lively !== undefined && (!isBusy || !hasRoom)) return this.take(lively)
    if (hasRoom) return this.open(server, name)
    const [least] = usable
    return least && this.take(least)
  }

  private take(connection: Connection): Connection {
    this.idle.delete(connection)
    return connection
  }

  private open(server: Upstream, name: string): Connection {
    const parts = {
      idle: this.parts.limits.upstreamIdle,
      onIdle: () => {
        this.keep(connection)
      },
      onClose: () => {
        this.remove(connection, name)
      },
    }
    const dialled = this.parts.dial(server)
    const connection: Connection =
      server.protocol === 'https'
        ? new HttpsConnection(dialled, server, parts)
        : new StreamConnection(dialled, server.protocol === 'tls', parts)
    this.servers.set(name, [...(this.servers.get(name) ?? []), connection])
    return connection
  }

  private keep(connection: Connection): void {
    this.idle.add(connection)
    const [oldest] = this.idle
    if (this.idle.size > this.parts.limits.upstreamKept) oldest?.close()
  }

  private remove(connection: Connection, name: string): void {
    this.idle.delete(connection)
    const left = (this.servers.get(name) ?? []).filter(other => other !== connection)
    if (left.length > 0) this.servers.set(name, left)
    else this.servers.delete(name)
  }
}

function unreachable(reason: string): ExchangeResult {
  return { kind: 'unreachable', reason }
}
