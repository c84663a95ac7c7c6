import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  connect,
  constants,
} from 'node:http2'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { MAX_MESSAGE_LENGTH, type Message, type ResourceRecord } from '@signpost/dns'
import { printEndpoint } from '../endpoint.ts'
import { Connection, type ConnectionParts, type ConnectionResult } from './connection.ts'
import type { Dialled } from './dial.ts'
import { decodeReply, isReplyTo } from './response.ts'
import { encodePadded } from './stream-request.ts'
import { type Upstream, certificateNameOf } from './upstream.ts'

/** RFC 8484, section 6. */
const MEDIA_TYPE = 'application/dns-message'

type Start = (session: ClientHttp2Session) => void

/** Over HTTP/2 (RFC 8484): a POST for each request, all on one connection. */
export class HttpsConnection extends Connection {
  private readonly socket: Socket
  private readonly path: string
  private session: ClientHttp2Session | undefined
  /** What waits for the connection to be open. */
  private readonly unsent = new Set<Start>()
  private problem = 'the connection was closed before it was open'

  constructor({ socket, readyEvent }: Dialled, server: Upstream, parts: ConnectionParts) {
    super(parts)
    this.socket = socket
    this.path = server.path ?? '/'
    socket.once(readyEvent, () => {
      if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2')
        socket.destroy(new Error('the server does not speak HTTP/2'))
      else this.open(server)
    })
    socket.on('error', error => {
      this.problem = error.message
    })
    socket.on('close', () => {
      this.end(this.session === undefined ? { kind: 'unreachable', reason: this.problem } : { kind: 'lost' })
    })
  }

  protected send(request: Message, finish: (result: ConnectionResult) => void): () => void {
    let stop = (): void => {
      this.unsent.delete(start)
    }
    const start: Start = session => {
      stop = this.post(session, request, finish)
    }
    if (this.session === undefined) this.unsent.add(start)
    else start(this.session)
    return () => {
      stop()
    }
  }

  protected destroy(): void {
    this.session?.destroy()
    this.socket.destroy()
  }

  private open(server: Upstream): void {
    // A link-local address has the name of its interface behind a "%", which no URL has.
    const [host = ''] = certificateNameOf(server).split('%')
    const authority = printEndpoint({ host, port: server.port })
    const session = connect(`https://${authority}`, {
      createConnection: () => this.socket,
      settings: { enablePush: false },
    })
    this.session = session
    // The socket's own events say what happened.
    session.on('error', () => {})
    session.on('goaway', () => {
      this.retire()
    })
    for (const start of this.unsent) start(session)
    this.unsent.clear()
  }

  private post(
    session: ClientHttp2Session,
    request: Message,
    finish: (result: ConnectionResult) => void,
  ): () => void {
    // RFC 8484, section 4.1: the connection tells requests apart.
    const asked = { ...request, id: 0 }
    const octets = encodePadded(asked)
    const stream = begin(session, {
      ':method': 'POST',
      ':path': this.path,
      'content-type': MEDIA_TYPE,
      accept: MEDIA_TYPE,
      'content-length': octets.length,
    })
    if (stream === undefined) {
      finish({ kind: 'lost' })
      return () => {}
    }
    let headers: IncomingHttpHeaders = {}
    const chunks: Uint8Array[] = []
    let length = 0
    let isOver = false
    stream.on('response', received => {
      this.touch()
      headers = received
    })
    stream.on('data', (chunk: Uint8Array) => {
      this.touch()
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_MESSAGE_LENGTH) finish(none('its reply is too long for a message'))
    })
    stream.on('end', () => {
      isOver = true
      finish(readReply(headers, Buffer.concat(chunks), asked))
    })
    stream.on('error', () => {})
    // Where it was not ended by a reply: refused, or gone with the connection.
    stream.on('close', () => {
      finish({ kind: 'lost' })
    })
    stream.end(octets)
    return () => {
      // A reset of what is over looks like an attack.
      if (!isOver) stream.close(constants.NGHTTP2_CANCEL)
    }
  }
}

/** Undefined where the session takes no further requests. */
function begin(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream | undefined {
  try {
    return session.closed || session.destroyed ? undefined : session.request(headers)
  } catch {
    return undefined
  }
}

function readReply(headers: IncomingHttpHeaders, body: Uint8Array, request: Message): ConnectionResult {
  const status = headers[':status']
  if (status === undefined) return { kind: 'lost' }
  if (Number(status) !== 200) return none(`its HTTP status is ${String(status)}`)
  const type = headers['content-type'] ?? ''
  if (type.split(';', 1)[0]?.trim().toLowerCase() !== MEDIA_TYPE)
    return none(`it sends ${type === '' ? 'something' : type} instead of ${MEDIA_TYPE}`)
  try {
    const message = decodeReply(body)
    if (!isReplyTo(message, request)) return none('its reply is to another question')
    return { kind: 'reply', message: aged(message, Number(headers.age ?? 0)) }
  } catch {
    return none('its reply is no DNS message')
  }
}

function none(reason: string): ConnectionResult {
  return { kind: 'unreachable', reason }
}

/** RFC 8484, section 5.1: what lay in a cache on the way is older than its TTLs say. */
function aged(message: Message, age: number): Message {
  if (!(age > 0)) return message
  const older = (record: ResourceRecord): ResourceRecord => ({
    ...record,
    ttl: Math.max(0, record.ttl - Math.ceil(age)),
  })
  return {
    ...message,
    answers: message.answers.map(older),
    authorities: message.authorities.map(older),
    additionals: message.additionals.map(older),
  }
}
