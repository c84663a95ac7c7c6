import type { Message, Question } from '@signpost/dns'
import { type Asked, encodeReply, replyLimit, replyTo } from './answer.ts'
import { readPacket } from './handlers/guard.ts'
import type { Limits } from './limits.ts'
import type { Outcome } from './outcome.ts'
import type { Awaitable, Resolve } from './handler.ts'
import type { Client, Transport } from './query.ts'

/** A packet in, the reply's octets out; undefined for the packets to which silence is the reply. Never rejects. */
export type Service = (
  packet: Uint8Array,
  transport: Transport,
  client: Client,
) => Awaitable<Uint8Array | undefined>

export interface ServiceParts {
  readonly resolve: Resolve
  readonly limits: Pick<Limits, 'udpPayload' | 'furtherNames'>
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears how every packet ended. */
  readonly onSettled: (transport: Transport, kind: Outcome['kind'] | 'silence') => void
  /** Hears of errors in this program. */
  readonly onError: (error: unknown) => void
}

/** What lies between the transports and the pipeline: octets to a question, an outcome to octets. */
export function createService(parts: ServiceParts): Service {
  const { limits, signal, onSettled } = parts

  const reply = (asked: Asked, outcome: Outcome, transport: Transport): Uint8Array => {
    onSettled(transport, outcome.kind)
    const limit = replyLimit(asked, transport, limits.udpPayload)
    return encodeReply(replyTo(asked, outcome, limits.udpPayload), limit)
  }

  const answer = (
    message: Message,
    question: Question,
    transport: Transport,
    client: Client,
  ): Awaitable<Uint8Array> => {
    const budget = { left: limits.furtherNames }
    const addressProven = transport !== 'udp'
    const outcome = parts.resolve({
      question,
      trail: [],
      budget,
      message,
      transport,
      client,
      addressProven,
      signal,
    })
    if (!(outcome instanceof Promise)) return reply(message, outcome, transport)
    return outcome.then(settled => reply(message, settled, transport)).catch(fail(message, transport))
  }

  const fail =
    (asked: Asked, transport: Transport) =>
    (error: unknown): Uint8Array => {
      parts.onError(error)
      const text = 'an error in the gateway; its log says more'
      return reply(asked, { kind: 'failed', text }, transport)
    }

  return (packet, transport, client) => {
    const received = readPacket(packet)
    switch (received.kind) {
      case 'silence':
        onSettled(transport, 'silence')
        return undefined
      case 'refusal':
        return reply(received.asked, received.refusal, transport)
      case 'question':
        try {
          return answer(received.message, received.question, transport, client)
        } catch (error) {
          return fail(received.message, transport)(error)
        }
    }
  }
}
