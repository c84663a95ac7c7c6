import { createConnection } from 'node:net'
import { type Message, decodeMessage, encodeMessage } from '@signpost/dns'
import { FrameReader, frame } from '../transports/frames.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { isReplyTo } from './response.ts'

/** Over a TCP connection of its own (RFC 7766, section 5). */
export const exchangeOverTcp: Exchange = (server, request, timeout, signal) =>
  new Promise(resolve => {
    const socket = createConnection({ host: server.host, port: server.port, noDelay: true })
    const frames = new FrameReader()
    const finish = (result: ExchangeResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(result)
    }
    const onAbort = (): void => {
      finish({ kind: 'silence' })
    }
    const timer = setTimeout(onAbort, timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    // Stays after the end: an error that comes late would end the process.
    socket.on('error', error => {
      finish({ kind: 'unreachable', reason: error.message })
    })
    socket.on('close', () => {
      finish({ kind: 'unreachable', reason: 'the server closed the connection without a reply' })
    })
    socket.on('data', chunk => {
      for (const bytes of frames.push(chunk as Uint8Array)) {
        const message = readReply(bytes, request)
        if (message !== undefined) return finish({ kind: 'reply', message })
      }
    })
    socket.write(frame(encodeMessage(request)))
    if (signal.aborted) onAbort()
  })

function readReply(bytes: Uint8Array, request: Message): Message | undefined {
  try {
    const message = decodeMessage(bytes)
    return isReplyTo(message, request) ? message : undefined
  } catch {
    return undefined
  }
}
