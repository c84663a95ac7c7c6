import type { Message, Question } from '@signpost/dns'
import { type Asked, encodeReply, replyLimit, replyTo } from './answer.ts'
import { readPacket } from './handlers/guard.ts'
import { type ReadTerms, type Terms, plainTerms } from './edns/terms.ts'
import type { Limits } from './limits.ts'
import type { Outcome } from './outcome.ts'
import type { Awaitable, Resolve } from './handler.ts'
import type { Client, Query, Transport } from './query.ts'

/** A packet in, the reply's octets out; undefined for the packets to which silence is the reply. Never rejects. */
export type Service = (
  packet: Uint8Array,
  transport: Transport,
  client: Client,
) => Awaitable<Uint8Array | undefined>

export interface ServiceParts {
  readonly resolve: Resolve
  readonly readTerms: ReadTerms
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

  const reply = (asked: Asked, outcome: Outcome, transport: Transport, terms: Terms): Uint8Array => {
    onSettled(transport, outcome.kind)
    const limit = replyLimit(asked, transport, limits.udpPayload)
    return encodeReply(replyTo(asked, outcome, limits.udpPayload, terms.options), limit, terms.padded)
  }

  const answer = (query: Query, terms: Terms): Awaitable<Uint8Array> => {
    const { message, transport } = query
    const outcome = parts.resolve(query)
    if (!(outcome instanceof Promise)) return reply(message, outcome, transport, terms)
    return outcome
      .then(settled => reply(message, settled, transport, terms))
      .catch(fail(message, transport, terms))
  }

  const fail =
    (asked: Asked, transport: Transport, terms: Terms) =>
    (error: unknown): Uint8Array => {
      parts.onError(error)
      const text = 'an error in the gateway; its log says more'
      return reply(asked, { kind: 'failed', text }, transport, terms)
    }

  const answerMessage = (
    message: Message,
    question: Question,
    transport: Transport,
    client: Client,
  ): Awaitable<Uint8Array> => {
    const terms = parts.readTerms(message.edns, transport, client)
    if (terms === 'malformed') return reply(message, { kind: 'malformed' }, transport, plainTerms(transport))
    const budget = { left: limits.furtherNames }
    const { addressProven } = terms
    try {
      return answer({ question, trail: [], budget, message, transport, client, addressProven, signal }, terms)
    } catch (error) {
      return fail(message, transport, terms)(error)
    }
  }

  return (packet, transport, client) => {
    const received = readPacket(packet)
    switch (received.kind) {
      case 'silence':
        onSettled(transport, 'silence')
        return undefined
      case 'refusal':
        return reply(received.asked, received.refusal, transport, plainTerms(transport))
      case 'question':
        return answerMessage(received.message, received.question, transport, client)
    }
  }
}
