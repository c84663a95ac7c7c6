import { randomBytes } from 'node:crypto'
import { type EdnsOption, type Message, type Question, Rcode, encodeMessage } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import type { ClientCookies } from './client-cookies.ts'
import { judgeDatagram } from './datagram.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { CASE_OCTETS, mixCase } from './letter-case.ts'
import { monotonicNow as now } from './monotonic.ts'
import { BRIEF_TIME, ServerNotes } from './server-notes.ts'
import { closeUdpSocket, openUdpSocket } from './udp-socket.ts'
import { type Upstream, printUpstream } from './upstream.ts'

export interface UdpParts {
  /** For what UDP does not carry, or not safely. */
  readonly overTcp: Exchange
  readonly cookies: ClientCookies
  readonly limits: Pick<Limits, 'upstreamForgeries'>
}

type DatagramResult =
  | ExchangeResult
  | { readonly kind: 'truncated' | 'forged' | 'no-cookie' | 'bad-cookie' }
  | { readonly kind: 'folded'; readonly message: Message }

/** What to do with a server that does not send names back in the letters in which they were asked. */
type LetterNote = 'ask over TCP' | 'letters do not count'

/**
 * Over UDP, and over TCP where the reply does not fit or cannot be told from a forgery. Each request has a socket of its
 * own, with a port, an ID and letters that nobody can guess (RFC 5452, section 9); the kernel drops what does not come
 * from the server. What is not the reply is passed over: a forger must not be able to end the wait for the true one.
 * Many such packets mean that somebody tries, and TCP ends the game.
 */
export function createUdpExchange(parts: UdpParts): Exchange {
  const notes = new ServerNotes<LetterNote>(BRIEF_TIME)

  return async (server, request, timeout, signal) => {
    const { overTcp, cookies } = parts
    const name = printUpstream(server)
    const deadline = now() + timeout
    const ask = async (letters: boolean): Promise<DatagramResult> =>
      exchangeDatagrams(parts, server, request, Math.max(1, deadline - now()), signal, letters)
    const askOverTcp = async (): Promise<ExchangeResult> =>
      overTcp(server, request, Math.max(1, deadline - now()), signal)

    const note = notes.of(name, now())
    if (note === 'ask over TCP') {
      const result = await askOverTcp()
      if (result.kind !== 'reply') notes.write(name, 'letters do not count', now())
      return result
    }
    let result = await ask(note === undefined)
    // RFC 7873, section 5.3: once more with the cookie that the server gave, then over TCP.
    if (result.kind === 'bad-cookie') result = await ask(note === undefined)
    switch (result.kind) {
      case 'reply':
      case 'silence':
      case 'unreachable':
        return result
      case 'folded': {
        if (note !== undefined) return { kind: 'reply', message: result.message }
        const whole = await askOverTcp()
        if (signal.aborted) return whole
        const isAnswered = whole.kind === 'reply'
        notes.write(name, isAnswered ? 'ask over TCP' : 'letters do not count', now())
        // Without TCP, a forger has one thing less to guess.
        return isAnswered ? whole : { kind: 'reply', message: result.message }
      }
      case 'no-cookie':
        cookies.forget(name, now())
        return askOverTcp()
      case 'truncated':
      case 'forged':
      case 'bad-cookie':
        return askOverTcp()
    }
  }
}

function exchangeDatagrams(
  { cookies, limits }: UdpParts,
  server: Upstream,
  request: Message,
  timeout: number,
  signal: AbortSignal,
  letters: boolean,
): Promise<DatagramResult> {
  return new Promise(resolve => {
    const name = printUpstream(server)
    const [asked] = request.questions as readonly [Question]
    const cookie = request.edns && cookies.optionFor(name, now())
    const sent = dressed(request, cookie, letters)
    let forgeries = 0

    const finish = (result: DatagramResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      closeUdpSocket(socket)
      resolve(result)
    }
    const onAbort = (): void => {
      finish({ kind: 'silence' })
    }
    const timer = setTimeout(onAbort, timeout)
    const socket = openUdpSocket(
      server.host,
      server.port,
      () => {
        socket.send(encodeMessage(sent))
      },
      error => {
        finish({ kind: 'unreachable', reason: error.message })
      },
    )
    socket.on('message', packet => {
      const verdict = judgeDatagram(packet, sent, asked.name)
      const finding =
        cookie !== undefined && 'message' in verdict
          ? cookies.judge(name, cookie, verdict.message, now())
          : 'good'
      if (verdict.kind === 'false' || finding === 'wrong') {
        if (++forgeries >= limits.upstreamForgeries) finish({ kind: 'forged' })
      } else if (finding === 'missing') finish({ kind: 'no-cookie' })
      else if ('message' in verdict && verdict.message.rcode === Rcode.BADCOOKIE)
        finish({ kind: 'bad-cookie' })
      else finish(verdict)
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

/** The request as it goes out: with its letters mixed, and with a cookie. */
function dressed(request: Message, cookie: EdnsOption | undefined, letters: boolean): Message {
  const { edns } = request
  const questions = letters
    ? request.questions.map(question => ({
        ...question,
        name: mixCase(question.name, randomBytes(CASE_OCTETS)),
      }))
    : request.questions
  if (edns === undefined || cookie === undefined) return { ...request, questions }
  return { ...request, questions, edns: { ...edns, options: [...edns.options, cookie] } }
}
