import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { HttpExchange } from './https-conversation.ts'
import { MAX_HEADER } from './request.ts'

/**
 * The part of an HTTP/1.1 server that reads requests, from connections that are handed to it with the event
 * `connection`. Its own timeouts are off: a conversation has one for everything.
 */
export function createHttp1(onExchange: (exchange: HttpExchange, request: IncomingMessage) => void): Server {
  const options = { maxHeaderSize: MAX_HEADER, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }
  return createServer(options, (request, response) => {
    onExchange(exchangeOf(request, response), request)
  })
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): HttpExchange {
  const { headers } = request
  // A reset by the client; 'close' follows.
  request.on('error', () => {})
  response.on('error', () => {})
  return {
    head: {
      method: request.method ?? '',
      target: request.url ?? '',
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
      contentLength: headers['content-length'],
    },
    readBody: (onPiece, onEnd) => {
      request.on('data', onPiece)
      request.on('end', onEnd)
    },
    respond: ({ status, headers, body }, last) => {
      response.writeHead(status, last ? { ...headers, connection: 'close' } : headers)
      response.end(body)
    },
    onClosed: listener => {
      if (response.closed) listener()
      else response.once('close', listener)
    },
  }
}
