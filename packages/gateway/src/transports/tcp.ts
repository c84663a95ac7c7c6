import { type Server, type Socket, createServer, isIPv6 } from 'node:net'
import { HEADER_LENGTH } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Service } from '../service.ts'
import { FrameReader, frame } from './frames.ts'
import { type Listening, bindError } from './listening.ts'

/** Milliseconds for which replies may be on their way out once the gateway stops. */
const CLOSE_WAIT = 500

type TcpLimits = Pick<Limits, 'tcpConnections' | 'tcpPending' | 'tcpIdle'>

/** @throws AddressInUseError, InvalidConfigError */
export async function listenTcp(at: Endpoint, service: Service, limits: TcpLimits): Promise<Listening> {
  const connections = new Set<Connection>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    if (connections.size >= limits.tcpConnections) {
      socket.destroy()
      return
    }
    const connection = new Connection(socket, service, limits)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  await bind(server, at)
  const bound = server.address()
  return {
    transport: 'tcp',
    host: at.host,
    port: typeof bound === 'object' && bound !== null ? bound.port : at.port,
    pause: () => {
      server.close()
      for (const connection of connections) connection.finish()
    },
    close: () =>
      new Promise(resolve => {
        if (server.listening) server.close()
        if (connections.size === 0) return resolve()
        for (const connection of connections) {
          connection.socket.once('close', () => {
            if (connections.size === 0) resolve()
          })
          connection.close()
        }
      }),
  }
}

async function bind(server: Server, at: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(bindError('tcp', at, error))
    })
    server.listen({ host: at.host, port: at.port, ipv6Only: isIPv6(at.host), exclusive: true }, resolve)
  })
  server.removeAllListeners('error')
  // Errors of accepting, such as too many open files: the connection is lost, the server goes on.
  server.on('error', () => {})
}

/**
 * One client's connection (RFC 7766): queries one after the other, replies in whatever order they are ready. Time runs
 * against the client whenever it neither sends a whole query nor takes its replies; single octets do not stop it.
 */
class Connection {
  readonly socket: Socket
  private readonly service: Service
  private readonly limits: TcpLimits
  private readonly frames = new FrameReader()
  private readonly client: { readonly address: string; readonly port: number }
  private readonly idle: NodeJS.Timeout
  private waiting: Uint8Array[] = []
  private pending = 0
  private ending = false

  constructor(socket: Socket, service: Service, limits: TcpLimits) {
    this.socket = socket
    this.service = service
    this.limits = limits
    this.client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.idle = setTimeout(() => {
      this.onIdle()
    }, limits.tcpIdle)
    socket.on('data', chunk => {
      this.onData(chunk as Uint8Array)
    })
    socket.on('end', () => {
      this.finish()
    })
    socket.on('drain', () => {
      this.goOn()
    })
    // A reset by the client; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(this.idle)
    })
  }

  /** Answers what was asked, then closes. */
  finish(): void {
    this.ending = true
    this.closeWhenDone()
  }

  /** Lets go of the client, though not of replies that are on their way out. */
  close(): void {
    const timer = setTimeout(() => this.socket.destroy(), CLOSE_WAIT)
    this.socket.once('close', () => {
      clearTimeout(timer)
    })
    this.socket.destroySoon()
  }

  private onData(chunk: Uint8Array): void {
    const queries = this.frames.push(chunk)
    // What comes after the decision to close is not answered.
    if (queries.length === 0 || this.ending) return
    this.idle.refresh()
    this.waiting = this.waiting.length === 0 ? queries : [...this.waiting, ...queries]
    this.goOn()
  }

  /** Takes waiting queries as far as the limits let it. Replies that are at hand leave in one write. */
  private goOn(): void {
    this.socket.cork()
    let taken = 0
    while (taken < this.waiting.length && this.pending < this.limits.tcpPending && this.canTakeReplies())
      this.take(this.waiting[taken++] as Uint8Array)
    this.socket.uncork()
    this.waiting = taken === this.waiting.length ? [] : this.waiting.slice(taken)
    if (this.waiting.length > 0 || !this.canTakeReplies()) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
    this.closeWhenDone()
  }

  private take(query: Uint8Array): void {
    // Without a header there is nothing to reply to, and no telling where the stream stands.
    if (query.length < HEADER_LENGTH) {
      this.socket.destroy()
      return
    }
    const reply = this.service(query, 'tcp', this.client)
    if (!(reply instanceof Promise)) return this.send(reply)
    this.pending++
    void this.sendLater(reply)
  }

  private async sendLater(reply: Promise<Uint8Array | undefined>): Promise<void> {
    const settled = await reply
    this.pending--
    if (this.socket.destroyed) return
    this.idle.refresh()
    this.send(settled)
    this.goOn()
  }

  private send(reply: Uint8Array | undefined): void {
    if (reply === undefined || this.socket.destroyed) return
    this.socket.write(frame(reply))
  }

  private canTakeReplies(): boolean {
    return !this.socket.writableNeedDrain && !this.socket.destroyed
  }

  private onIdle(): void {
    // Its queries are with us, and it takes what it is given: the wait is ours.
    if (this.pending > 0 && this.canTakeReplies()) this.idle.refresh()
    else this.socket.destroy()
  }

  private closeWhenDone(): void {
    if (!this.ending || this.pending > 0 || this.waiting.length > 0 || this.socket.destroyed) return
    this.socket.end()
  }
}
