import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type Message, decodeHeader, decodeMessage, encodeMessage } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { isReplyTo } from './response.ts'
import { exchangeOverTcp } from './tcp-exchange.ts'

/**
 * Over UDP, and over TCP where the reply does not fit. Each request has a socket of its own, so a port that nobody
 * can guess (RFC 5452, section 9.2); the socket is connected, so the kernel drops what comes from elsewhere.
 * What is not the reply is passed over: a forger must not be able to end the wait for the true one.
 */
export const exchangeOverUdp: Exchange = async (server, request, timeout, signal) => {
  const deadline = performance.now() + timeout
  const result = await exchangeDatagrams(server, request, timeout, signal)
  if (result.kind !== 'reply' || !result.message.truncated) return result
  return exchangeOverTcp(server, request, Math.max(1, deadline - performance.now()), signal)
}

function exchangeDatagrams(
  server: Endpoint,
  request: Message,
  timeout: number,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
    const finish = (result: ExchangeResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      // Errors after this are of no interest, but without a listener they would end the process.
      socket
        .removeAllListeners('message')
        .removeAllListeners('error')
        .on('error', () => {})
      closeQuietly(() => socket.close())
      resolve(result)
    }
    const onAbort = (): void => {
      finish({ kind: 'silence' })
    }
    const timer = setTimeout(onAbort, timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', error => {
      finish({ kind: 'unreachable', reason: error.message })
    })
    socket.on('message', packet => {
      const message = readReply(packet, request)
      if (message !== undefined) finish({ kind: 'reply', message })
    })
    socket.connect(server.port, server.host, () => {
      socket.send(encodeMessage(request))
    })
    if (signal.aborted) onAbort()
  })
}

/** Undefined where the packet is not the reply. A truncated one may end anywhere, so its header is enough. */
function readReply(packet: Uint8Array, request: Message): Message | undefined {
  try {
    const message = decodeMessage(packet)
    return isReplyTo(message, request) ? message : undefined
  } catch {
    return readTruncated(packet, request)
  }
}

function readTruncated(packet: Uint8Array, request: Message): Message | undefined {
  try {
    const header = decodeHeader(packet)
    const message = { ...header, questions: request.questions, answers: [], authorities: [], additionals: [] }
    return header.truncated && isReplyTo(message, request) ? message : undefined
  } catch {
    return undefined
  }
}

// A socket whose connect failed is already closed; closing it again throws.
function closeQuietly(close: () => void): void {
  try {
    close()
  } catch {
    // Closed already.
  }
}
