import {
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  constants,
  performServerHandshake,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { MAX_MESSAGE_LENGTH } from '@signpost/dns'
import type { HttpExchange } from './https-conversation.ts'
import { MAX_HEADER } from './request.ts'

/**
 * Megabytes of memory that a session may take; beyond, Node refuses streams and soon gives up the session. So there is
 * room for a query and for the longest of all replies on every stream, and for what the session itself takes.
 */
function memoryFor(streams: number): number {
  return 1 + Math.ceil((streams * 2 * MAX_MESSAGE_LENGTH) / 1e6)
}

/**
 * HTTP/2 (RFC 9113) on one connection.
 * @param streams requests at once.
 */
export function beginHttp2(
  socket: TLSSocket,
  streams: number,
  onExchange: (exchange: HttpExchange) => void,
): ServerHttp2Session {
  const session = performServerHandshake(socket, {
    maxSessionMemory: memoryFor(streams),
    settings: { maxConcurrentStreams: streams, maxHeaderListSize: MAX_HEADER },
  })
  // Errors of the protocol end the session; 'close' follows.
  session.on('error', () => {})
  session.on('stream', (stream, headers) => {
    onExchange(exchangeOf(stream, headers))
  })
  return session
}

function exchangeOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): HttpExchange {
  const method = headers[':method'] ?? ''
  // A reset by the client; 'close' follows.
  stream.on('error', () => {})
  return {
    head: {
      method,
      target: headers[':path'] ?? '',
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
      contentLength: headers['content-length'],
    },
    readBody: (onPiece, onEnd) => {
      stream.on('data', onPiece)
      stream.on('end', () => {
        // One that is broken off ends too; one that is whole is not closed, since it waits for its response.
        if (!stream.closed) onEnd()
      })
    },
    respond: ({ status, headers, body }) => {
      if (stream.destroyed || stream.closed) return
      stream.respond({ ':status': status, ...headers })
      // With its headers, the response to HEAD is over.
      if (method === 'HEAD') return
      stream.end(body)
      // Tells the client to stop where it still sends a body (RFC 9113, section 8.1).
      stream.close(constants.NGHTTP2_NO_ERROR)
    },
    onClosed: listener => {
      if (stream.destroyed) listener()
      else stream.once('close', listener)
    },
  }
}
