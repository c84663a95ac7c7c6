import { type ClientHttp2Session, type ClientHttp2Stream, type Settings, connect } from 'node:http2'
import { Agent, request } from 'node:https'
import { type Message, decodeMessage } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'

/** What came back. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export function messageIn(reply: HttpReply): Message {
  return decodeMessage(reply.body)
}

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export function getFor(query: Uint8Array): HttpRequest {
  return { method: 'GET', path: `/dns-query?dns=${Buffer.from(query).toString('base64url')}` }
}

export function postFor(query: Uint8Array): HttpRequest {
  const headers = { 'content-type': 'application/dns-message' }
  return { method: 'POST', path: '/dns-query', headers, body: query }
}

/** A client that speaks one version of HTTP over one connection. */
export interface HttpClient {
  ask(request: HttpRequest): Promise<HttpReply>
  /** Resolves once the server has closed the connection. */
  readonly closed: Promise<void>
  close(): void
}

function urlOf({ host, port }: Endpoint): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export class Http2Client implements HttpClient {
  readonly closed: Promise<void>
  readonly session: ClientHttp2Session

  constructor(to: Endpoint, ca: string, settings: Settings = {}) {
    this.session = connect(urlOf(to), { ca, settings })
    this.session.on('error', () => {})
    this.closed = new Promise(resolve => {
      this.session.once('close', resolve)
    })
  }

  async ask(asked: HttpRequest): Promise<HttpReply> {
    const stream = this.open(asked)
    stream.end(asked.body)
    return replyOf(stream)
  }

  /** A request whose body is not there yet. */
  open({ method, path, headers }: HttpRequest): ClientHttp2Stream {
    return this.session.request({ ':method': method, ':path': path, ...headers }, { endStream: false })
  }

  close(): void {
    this.session.destroy()
  }
}

export async function replyOf(stream: ClientHttp2Stream): Promise<HttpReply> {
  const pieces: Buffer[] = []
  let headers: Record<string, string | string[] | undefined> = {}
  stream.on('response', given => {
    headers = { ...given, ':status': String(given[':status']) }
  })
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  await new Promise<void>((resolve, reject) => {
    stream.once('end', () => {
      if (headers[':status'] === undefined) reject(new Error('the stream ended without a response'))
      else resolve()
    })
    stream.once('error', reject)
    stream.once('close', () => {
      reject(new Error('the stream was closed without a response'))
    })
  })
  return { status: Number(headers[':status']), headers, body: Buffer.concat(pieces) }
}

export class Http1Client implements HttpClient {
  readonly closed: Promise<void>
  private readonly to: Endpoint
  private readonly ca: string
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly over = Promise.withResolvers<void>()

  constructor(to: Endpoint, ca: string) {
    this.to = to
    this.ca = ca
    this.closed = this.over.promise
  }

  async ask({ method, path, headers, body }: HttpRequest): Promise<HttpReply> {
    const { to, ca, agent } = this
    return new Promise((resolve, reject) => {
      const asked = request(
        `${urlOf(to)}${path}`,
        { method, headers: { ...headers }, ca, agent },
        response => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(pieces),
            })
          })
          response.on('error', reject)
        },
      )
      asked.on('error', reject)
      asked.on('socket', socket => {
        socket.once('close', () => {
          this.over.resolve()
        })
      })
      asked.end(body)
    })
  }

  close(): void {
    this.agent.destroy()
  }
}
